"""How templates write credits."""

from typing import Final

from django import template

register = template.Library()

MINUS: Final = "\N{MINUS SIGN}"


@register.filter
def signed(credits: int) -> str:
    """Return a change of the balance with its sign, and a real minus, which is as wide as the plus."""
    return f"{'+' if credits > 0 else MINUS}{abs(credits):,}"
