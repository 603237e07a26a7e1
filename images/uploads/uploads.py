"""Store, find and delete uploads, within the limits of each user.

An upload is a row and a picture in a folder of its own, and later its thumbnail. The row is inserted first, without a
hash, and counts from then on; when the picture is in storage, the hash is set. Until then the row is a ticket,
which can be used once.
"""

import hashlib
import logging
import uuid
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from accounts.authentication import Caller
from billing import ledger
from billing.models import CreditAccount
from images.exceptions import ImageNotFound, NotReady, StorageFailed, TooManyUploads, UploadExpired
from images.models import ImageSource, Upload
from images.pictures import raster
from images.pictures.raster import InvalidPicture, Picture
from images.storage import files, probe
from infrastructure import database
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import UPLOAD_MAX_BYTES

logger = logging.getLogger(__name__)

LIFETIME: Final = timedelta(hours=24)
TICKET_LIFETIME: Final = timedelta(minutes=15)
MAX_BYTES: Final = UPLOAD_MAX_BYTES
# Each attempt may cost a file of MAX_BYTES in transfer and a decoded picture.
TICKET_ATTEMPTS_MAX: Final = 20
MAX_UPLOADS: Final = 200
# The sum of `byte_size`: thumbnails do not count.
MAX_TOTAL_BYTES: Final = 500 * 1024 * 1024
BATCH = 500
TRIED_TOO_OFTEN: Final = "This upload link was used too many times. Ask for a new one."
_USED = Exists(ImageSource.objects.filter(upload=OuterRef("pk"), image__deleted_at=None))


def store(caller: Caller, content: bytes, *, field: str = "file") -> Upload:
    """Validate a picture, store it without its metadata, and return its upload.

    Args:
        caller: The owner.
        content: The bytes of a PNG, JPEG or WebP file.
        field: The name of the argument, for an error.

    Raises:
        ServiceError: AccountSuspended, InvalidArguments, TooManyUploads or StorageFailed.
    """
    caller.require_active()
    # Without a lock, so that a full account does not cost a decoded picture; `create_ticket` makes the binding check.
    _check_limits(caller.user_id, 0)
    picture = _normalize(content, field)
    _require_storage()
    ticket = create_ticket(caller, byte_size=len(picture.content))
    try:
        return _fill(ticket, picture)
    except StorageFailed:
        # It no longer counts, and files that were written are removed with it.
        Upload.objects.filter(pk=ticket.pk).update(expires_at=timezone.now())
        raise


def sha256(content: bytes, *, field: str) -> str:
    """Return the SHA-256 that the upload of a file would have, without storing it.

    Raises:
        InvalidArguments: The file, the value of this field, is not usable.
    """
    return _normalize(content, field).sha256


def create_ticket(caller: Caller, *, byte_size: int = 0) -> Upload:
    """Create an upload whose picture follows.

    Raises:
        AccountSuspended: The account is suspended.
        TooManyUploads: The user's limit is reached, also by tickets that are not used yet.
    """
    caller.require_active()
    with transaction.atomic():
        # The lock keeps the count true while another request of this user inserts its row.
        ledger.lock(caller.user_id)
        _check_limits(caller.user_id, byte_size)
        return Upload.objects.create(
            user_id=caller.user_id, expires_at=timezone.now() + TICKET_LIFETIME, byte_size=byte_size or None
        )


def redeem(upload_id: uuid.UUID, content: bytes) -> Upload:
    """Store the picture of a ticket, which works once.

    Raises:
        ServiceError: UploadExpired if the ticket has expired or was used; InvalidArguments, TooManyUploads or
            StorageFailed, after which the ticket can be used again.
    """
    ticket = _open_ticket(upload_id)
    picture = _normalize(content, "file")
    _require_storage()
    with transaction.atomic():
        if ticket.user_id is None or not CreditAccount.objects.filter(user_id=ticket.user_id).exists():
            # The account was deleted meanwhile.
            raise UploadExpired
        ledger.lock(ticket.user_id)
        # Counts from now on, so that simultaneous uploads cannot exceed the limit together. Of simultaneous uses of one
        # ticket, any may be the one that is stored: the largest counts.
        Upload.objects.filter(pk=ticket.pk, sha256="").update(
            byte_size=Greatest(Coalesce("byte_size", 0), len(picture.content))
        )
        ticket.refresh_from_db(fields=["byte_size"])
        _check_limits(ticket.user_id, ticket.byte_size or 0, besides=ticket)
    return _fill(ticket, picture)


def open_ticket(upload_id: uuid.UUID) -> Upload:
    """Return a ticket that can be used.

    Raises:
        UploadExpired: It has expired, was used or was tried too often, or its user may not make requests.
    """
    ticket = _open_ticket(upload_id)
    if ticket.attempts >= TICKET_ATTEMPTS_MAX:
        raise UploadExpired(TRIED_TOO_OFTEN)
    return ticket


def count_attempt(upload_id: uuid.UUID) -> None:
    """Count a use of a ticket, before its file is read.

    Raises:
        UploadExpired: The ticket cannot be used, or was tried TICKET_ATTEMPTS_MAX times.
    """
    open_ticket(upload_id)
    untried = Upload.objects.filter(pk=upload_id, attempts__lt=TICKET_ATTEMPTS_MAX)
    if not untried.update(attempts=F("attempts") + 1):
        raise UploadExpired(TRIED_TOO_OFTEN)


def _open_ticket(upload_id: uuid.UUID) -> Upload:
    unused = Upload.objects.filter(pk=upload_id, sha256="", expires_at__gt=timezone.now())
    ticket = unused.filter(user__is_active=True, user__suspended_at=None).first()
    if ticket is None:
        raise UploadExpired("This upload link has expired or was already used. Ask for a new one.")
    return ticket


def find(caller: Caller, upload_id: str | uuid.UUID) -> Upload:
    """Return one of the caller's uploads.

    Raises:
        ImageNotFound: The caller has no upload with this id.
        UploadExpired: It has expired, and no image uses it.
        NotReady: It is a ticket whose picture has not arrived.
    """
    upload = owned(caller).filter(pk=upload_id).first()
    if upload is None:
        raise ImageNotFound.source(upload_id)
    require_usable(upload)
    return upload


def owned(caller: Caller) -> QuerySet[Upload]:
    """Return the caller's uploads and tickets, each with `used`: whether an image uses it."""
    return Upload.objects.filter(user_id=caller.user_id).annotate(used=_USED)


def require_usable(upload: Upload) -> None:
    """Check one of the uploads that `owned` returns.

    Raises:
        UploadExpired: It has expired, and no image uses it.
        NotReady: It is a ticket whose picture has not arrived.
    """
    if upload.expires_at <= timezone.now() and not upload.used:  # type: ignore[attr-defined]
        raise UploadExpired.of(upload.pk)
    if not upload.sha256:
        raise NotReady.ticket(upload.pk)


def delete(caller: Caller, upload_id: str | uuid.UUID) -> None:
    """Delete an upload or a ticket and its files. Images made from it keep its hash.

    Raises:
        ImageNotFound: The caller has no upload with this id.
    """
    if not Upload.objects.filter(pk=upload_id, user_id=caller.user_id).update(user=None):
        raise ImageNotFound.source(upload_id)
    _remove(uuid.UUID(str(upload_id)))


def remove_expired() -> int:
    """Remove uploads and tickets that have expired, and return their number. An upload in use stays.

    An upload without a user is removed in any case: its account was deleted, or an earlier removal was interrupted.
    """
    expired = Upload.objects.filter(Q(user=None) | (Q(expires_at__lte=timezone.now()) & ~_USED))
    removed = 0
    for upload_id in list(expired.values_list("pk", flat=True)[:BATCH]):
        try:
            if _release(expired, upload_id):
                _remove(upload_id)
                removed += 1
        except Exception:
            # Each storage has its own exceptions, and the other uploads do not depend on this one.
            logger.exception("An upload could not be removed.")
    return removed


def folder(upload_id: uuid.UUID) -> str:
    """Return the storage folder of an upload's files."""
    return f"uploads/{upload_id}"


def _normalize(content: bytes, field: str) -> Picture:
    if len(content) > MAX_BYTES:
        raise InvalidArguments([FieldError(field, f"Larger than {MAX_BYTES // 1024**2} MiB. Send a smaller file.")])
    # The wait for other pictures, and the decoding, may take longer than the pool can do without a connection.
    database.release_connections()
    try:
        with raster.decoding:
            picture = raster.normalize(content)
    except InvalidPicture as error:
        message = f"Unusable file: {error}. Send a PNG, JPEG or WebP picture."
        raise InvalidArguments([FieldError(field, message)]) from None
    if len(picture.content) > MAX_BYTES:
        raise InvalidArguments([FieldError(field, f"Larger than {MAX_BYTES // 1024**2} MiB without compression.")])
    return picture


def _require_storage() -> None:
    if not probe.is_writable():
        raise StorageFailed


def _check_limits(user_id: uuid.UUID, byte_size: int, *, besides: Upload | None = None) -> None:
    # An upload that an image uses was paid for, and can be removed with the image only.
    live = Upload.objects.filter(user_id=user_id, expires_at__gt=timezone.now()).filter(~_USED)
    if besides is not None:
        live = live.exclude(pk=besides.pk)
    totals = live.aggregate(count=Count("pk"), byte_size=Sum("byte_size", default=0))
    if totals["count"] >= MAX_UPLOADS or totals["byte_size"] + byte_size > MAX_TOTAL_BYTES:
        raise TooManyUploads(uploads=MAX_UPLOADS, mebibytes=MAX_TOTAL_BYTES // 1024**2)


def _fill(ticket: Upload, picture: Picture) -> Upload:
    sha256 = hashlib.sha256(picture.content).hexdigest()
    # Requests that use a ticket at the same time write different files, also with the same picture, so that each can
    # delete its own.
    name = f"{folder(ticket.pk)}/{uuid.uuid4().hex}.{files.EXTENSIONS[picture.media_type]}"
    try:
        files.write(name, picture.content)
    except Exception as error:
        # Each storage has its own exceptions.
        logger.exception("An upload could not be stored.")
        raise StorageFailed from error
    unused = Upload.objects.filter(pk=ticket.pk, sha256="", user__isnull=False, expires_at__gt=timezone.now())
    filled = unused.update(
        sha256=sha256,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        byte_size=len(picture.content),
        file_name=name,
        thumbnail_name=files.thumbnail_name(name),
        expires_at=timezone.now() + LIFETIME,
    )
    if not filled:
        files.backend().delete(name)
        raise UploadExpired("This upload link has expired or was already used. Ask for a new one.")
    ticket.refresh_from_db()
    return ticket


@transaction.atomic
def _release(expired: QuerySet[Upload], upload_id: uuid.UUID) -> bool:
    """Take an expired upload from its user, unless a request that is about to use it holds its lock."""
    found = expired.select_for_update(of=("self",), skip_locked=True).filter(pk=upload_id).first()
    return found is not None and bool(Upload.objects.filter(pk=upload_id).update(user=None))


def _remove(upload_id: uuid.UUID) -> None:
    """Remove the files and the row of an upload that has no user any more."""
    # The row goes last: if the process stops before, the next round finds it again.
    files.remove_folder(folder(upload_id))
    Upload.objects.filter(pk=upload_id).delete()
