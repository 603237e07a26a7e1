"""Links that open one picture for a quarter of an hour, to whoever has them."""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from images.models import Image

LIFETIME_SECONDS = 15 * 60


def image_url(image: Image) -> str | None:
    """Return an absolute link to the stored picture, which needs no header; None while there is no picture."""
    if not image.picture_name:
        return None
    return settings.SITE_URL + reverse("picture", args=[_signer().sign(str(image.id))])


def image_id(token: str) -> uuid.UUID | None:
    """Return the image that a link's token stands for, or None if it is expired or not exactly one of ours."""
    try:
        return uuid.UUID(_signer().unsign(token, max_age=LIFETIME_SECONDS))
    except signing.BadSignature:
        return None


def _signer() -> signing.TimestampSigner:
    # The key is derived from SECRET_KEY for this purpose alone; signatures are compared as text, in constant time, and
    # SECRET_KEY_FALLBACKS still open what they signed.
    return signing.TimestampSigner(salt="images.links", sep=".")
