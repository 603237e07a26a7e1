"""Template tag for absolute URLs of this site."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def absolute(path: str) -> str:
    """Return the absolute URL of a path."""
    return settings.SITE_URL + path
