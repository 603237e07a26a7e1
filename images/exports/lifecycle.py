"""A user's export from being asked for to being removed: its row, its lease, its file and its mail.

As with images, an attempt holds a lease and every change names the attempt; what a killed worker was doing is begun
again when the lease has run out (reconcile).
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, Final

from django.conf import settings
from django.core.files.base import File
from django.core.mail import send_mail
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from images.models import Export
from images.storage import files
from images.worker import job_queue

logger = logging.getLogger(__name__)

LIFETIME = timedelta(days=7)
LEASE = timedelta(seconds=settings.LEASE_SECONDS * 2)
RENEWAL_SECONDS = settings.LEASE_SECONDS / 3
MAX_ATTEMPTS = 5
BATCH = 100
UNMAILED_AFTER = timedelta(minutes=1)

# The job of a worker that was killed stays "doing" for ever; the export's own row is what counts.
DELETE_DEAD_JOBS = """
DELETE FROM procrastinate_jobs j
WHERE j.status = 'doing' AND starts_with(j.queueing_lock, 'export:') AND NOT EXISTS (
    SELECT FROM images_export e
    WHERE j.queueing_lock = 'export:' || e.id
      AND COALESCE(e.ready_at, e.failed_at, now()) > now() - interval '5 minutes'
)
"""

_UNFINISHED: Final = Q(ready_at=None, failed_at=None, expires_at=None)
_UNATTENDED = Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())


@dataclass(frozen=True, slots=True)
class ExportAttempt:
    """A lease on an export."""

    export_id: uuid.UUID
    user_id: uuid.UUID
    number: int


def request(user: User) -> Export:
    """Have everything of the user's put together; the one that is being made already if there is one.

    What was made before is replaced, so that no user keeps more than one file.
    """
    try:
        with transaction.atomic():
            export = Export.objects.create(user=user)
            Export.objects.filter(user=user).exclude(pk=export.pk).update(expires_at=Now())
            job_queue.enqueue_export(export.id)
    except IntegrityError:
        return Export.objects.filter(user=user).latest("asked_at")
    return export


def latest(user: User) -> Export | None:
    """Return the user's export that the settings page shows, if there is one."""
    current = Q(expires_at=None) | Q(expires_at__gt=Now())
    return Export.objects.filter(current, user=user).order_by("-asked_at").first()


def claim(export_id: uuid.UUID) -> ExportAttempt | None:
    """Take the lease on an export, or None if it is not to be had."""
    waiting = Export.objects.filter(_UNFINISHED, _UNATTENDED, pk=export_id, user__isnull=False)
    with transaction.atomic():
        export = waiting.select_for_update(of=("self",)).first()
        if export is None or export.user_id is None:
            return None
        if export.attempt >= MAX_ATTEMPTS:
            waiting.update(failed_at=Now(), expires_at=Now() + LIFETIME, lease_expires_at=None)
            return None
        waiting.update(attempt=F("attempt") + 1, lease_expires_at=Now() + LEASE)
    return ExportAttempt(export.id, export.user_id, export.attempt + 1)


def renew(attempt: ExportAttempt) -> None:
    """Keep the lease for as long as the attempt goes on."""
    _held(attempt).update(lease_expires_at=Now() + LEASE)


def release(attempt: ExportAttempt) -> None:
    """Let another worker go on at once."""
    _held(attempt).update(lease_expires_at=None)


def store(attempt: ExportAttempt, content: IO[bytes], byte_size: int) -> bool:
    """Put the ZIP into storage and say that it is ready. False, and no file, if nobody wants it from this attempt."""
    name = Export(id=attempt.export_id).file_name_of(attempt.number)
    files.backend().save(name, File(content))
    now = timezone.now()
    finished = (
        _held(attempt)
        .filter(_UNFINISHED)
        .update(ready_at=now, expires_at=now + LIFETIME, byte_size=byte_size, lease_expires_at=None)
    )
    if not finished:
        files.backend().delete(name)
    return bool(finished)


def send_ready_email(export_id: uuid.UUID) -> None:
    """Write to the user that the export is ready, once."""
    claimed = Export.objects.filter(pk=export_id, ready_at__isnull=False, mailed_at=None, user__isnull=False)
    if not claimed.update(mailed_at=Now()):
        return
    export = Export.objects.select_related("user").get(pk=export_id)
    context = {"url": settings.SITE_URL + reverse("export"), "site_url": settings.SITE_URL}
    try:
        if export.user is not None:
            text = render_to_string("images/emails/export_ready.txt", context)
            send_mail("Your export is ready", text, None, [export.user.email])
    except OSError as error:
        # Mail is away for a while; the reconciler writes again.
        logger.warning("export %s: not mailed: %s", export_id, type(error).__name__)
        Export.objects.filter(pk=export_id).update(mailed_at=None)


def reconcile() -> int:
    """Hand on what nobody is busy with, write the mails that were not written, remove what has had its time."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_DEAD_JOBS)
    lost = Export.objects.filter(_UNFINISHED, _UNATTENDED, asked_at__lt=Now() - timedelta(seconds=2))
    for export_id in list(lost.values_list("id", flat=True)[:BATCH]):
        job_queue.enqueue_export(export_id)
    unmailed = Export.objects.filter(mailed_at=None, ready_at__lt=Now() - UNMAILED_AFTER, expires_at__gt=Now())
    for export_id in list(unmailed.values_list("id", flat=True)[:BATCH]):
        send_ready_email(export_id)
    return _remove_expired()


def _remove_expired() -> int:
    # Whoever still holds one may be about to write its file, and only then learns that nobody wants it.
    expired = list(Export.objects.filter(_UNATTENDED, expires_at__lte=Now())[:BATCH])
    for export in expired:
        for attempt in range(1, export.attempt + 1):
            files.backend().delete(export.file_name_of(attempt))
        export.delete()
    return len(expired)


def _held(attempt: ExportAttempt) -> Any:
    return Export.objects.filter(pk=attempt.export_id, attempt=attempt.number, lease_expires_at__isnull=False)
