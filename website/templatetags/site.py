"""Template tags for absolute URLs of this site and for the operator's pages."""

from django import template
from django.conf import settings
from django.urls import reverse

from accounts import support
from accounts.support import SupportContact

register = template.Library()


@register.simple_tag
def absolute(path: str) -> str:
    """Return the absolute URL of a path."""
    return settings.SITE_URL + path


@register.simple_tag
def operator_pages() -> list[tuple[str, str]]:
    """Return the names and URLs of the configured pages: terms, privacy and support."""
    contact = support.contact()
    pages = [
        ("Terms", reverse("terms") if settings.TERMS_FILE else settings.TERMS_URL),
        ("Privacy", reverse("privacy") if settings.PRIVACY_FILE else settings.PRIVACY_URL),
        ("Support", settings.SUPPORT_URL or (contact.url if contact else "")),
    ]
    return [(name, url) for name, url in pages if url]


@register.simple_tag
def support_contact() -> SupportContact | None:
    """Return how to contact support, or None."""
    return support.contact()
