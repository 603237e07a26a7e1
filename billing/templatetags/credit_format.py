"""Template filters that format credits."""

from typing import Final

from django import template

register = template.Library()

MINUS: Final = "\N{MINUS SIGN}"


@register.filter
def signed(credits: int) -> str:
    """Return credits with their sign; the minus sign has the width of the plus sign, unlike a hyphen."""
    return f"{'+' if credits > 0 else MINUS}{abs(credits):,}"
