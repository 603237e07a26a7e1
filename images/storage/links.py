"""Signed links that give access to one picture and its thumbnail for 15 minutes without authentication."""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from images.models import Image

LIFETIME_SECONDS = 15 * 60


def image_url(image: Image) -> str | None:
    """Return an absolute link to the stored picture; None if there is no picture."""
    if not image.picture_name:
        return None
    return settings.SITE_URL + reverse("picture", args=[_signer().sign(str(image.id))])


def thumbnail_url(image_id: uuid.UUID) -> str:
    """Return an absolute link to the thumbnail of an image that has a picture."""
    return settings.SITE_URL + reverse("picture-thumbnail", args=[_signer().sign(str(image_id))])


def image_id(token: str) -> uuid.UUID | None:
    """Return the id of the image that a link's token was signed for; None if it has expired or is invalid."""
    try:
        return uuid.UUID(_signer().unsign(token, max_age=LIFETIME_SECONDS))
    except signing.BadSignature:
        return None


def _signer() -> signing.TimestampSigner:
    # The salt derives a key for links only. Signatures are compared as text, in constant time, and links signed with a
    # key of SECRET_KEY_FALLBACKS remain valid.
    return signing.TimestampSigner(salt="images.links", sep=".")
