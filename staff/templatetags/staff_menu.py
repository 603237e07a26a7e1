"""Template filter that names the pages of the staff site as its menu does."""

from django import template
from django.conf import settings

register = template.Library()


@register.filter
def page_name(url: str, default: str) -> str:
    """Return the title of the menu's link to a page; `default` for a page that is not in the menu."""
    items = (item for section in settings.UNFOLD["SIDEBAR"]["navigation"] for item in section["items"])
    return next((item["title"] for item in items if str(item["link"]) == str(url)), default)
