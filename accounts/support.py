"""How people reach the operator's support, as configured: an address, a page, or neither."""

from typing import NamedTuple

from django.conf import settings


class SupportContact(NamedTuple):
    """The support address or page, and its link."""

    name: str
    url: str


def contact() -> SupportContact | None:
    """Return SUPPORT_EMAIL, or else SUPPORT_URL; None if neither is set."""
    if settings.SUPPORT_EMAIL:
        return SupportContact(settings.SUPPORT_EMAIL, f"mailto:{settings.SUPPORT_EMAIL}")
    return SupportContact(settings.SUPPORT_URL, settings.SUPPORT_URL) if settings.SUPPORT_URL else None
