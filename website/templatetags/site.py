"""This site's own address, for what leaves the page."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def absolute(path: str) -> str:
    """Return the whole address of a path."""
    return settings.SITE_URL + path
