"""Upload links: a signed URL that accepts one picture without a key, within 15 minutes."""

import uuid

from django.conf import settings
from django.core import signing
from django.urls import reverse

from images.exceptions import UploadExpired
from images.models import Upload
from images.uploads import uploads
from images.uploads.schemas import TicketResult


def url(ticket: Upload) -> str:
    """Return the absolute URL that accepts the picture; opened in a browser, it shows a page to choose a file."""
    return settings.SITE_URL + reverse("upload", args=[_signer().sign(str(ticket.pk))])


def result(ticket: Upload) -> TicketResult:
    """Return what the caller needs to use a ticket."""
    address = url(ticket)
    return TicketResult(
        id=ticket.pk,
        upload_url=address,
        page_url=address,
        expires_at=ticket.expires_at,
        max_bytes=uploads.MAX_BYTES,
        curl=f"curl --fail-with-body --upload-file picture.png {address}",
    )


def upload_id(token: str) -> uuid.UUID:
    """Return the id of the upload that a URL's token was signed for.

    Raises:
        UploadExpired: The token has expired or is invalid.
    """
    try:
        return uuid.UUID(_signer().unsign(token, max_age=uploads.TICKET_LIFETIME))
    except signing.BadSignature:
        raise UploadExpired("This upload link has expired or is incomplete. Ask for a new one.") from None


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt="images.uploads", sep=".")
