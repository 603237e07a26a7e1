"""The life of an export, from the request to its removal: its row, its lease, its file and its email.

An attempt holds a lease, as for images, and every change names the attempt. What a killed worker left unfinished
starts over after its lease has expired.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Final

from django.conf import settings
from django.core.files.base import File
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from images.models import Export
from images.storage import files
from images.worker import job_queue, leases
from infrastructure import jobs

logger = logging.getLogger(__name__)

LIFETIME = timedelta(days=7)
MAX_ATTEMPTS = 5
BATCH = 100
# The attempt sends the email itself; this much later the reconciler does.
UNMAILED_AFTER = timedelta(minutes=1)
LEASES: Final = leases.Leases(table="images_export", duration=2 * leases.LEASE)

# The export's row decides, not the job engine's view of the worker: a frozen worker may still end its job itself.
EXPORT_IS_FINAL = """
NOT EXISTS (SELECT FROM images_export e
            WHERE e.id = (job.args->>'export_id')::uuid
              AND COALESCE(e.ready_at, e.failed_at, now()) > now() - interval '5 minutes')
"""

_UNFINISHED: Final = Q(ready_at=None, failed_at=None, expires_at=None)


@dataclass(frozen=True, slots=True)
class ExportAttempt:
    """One attempt at an export, which holds the export's lease."""

    export_id: uuid.UUID
    user_id: uuid.UUID
    number: int


def request(user: User) -> Export:
    """Request an export of everything in the user's account; return the unfinished one if there is one.

    A new export replaces the previous one, so that no user keeps more than one file.
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
    """Return the user's last export that has not expired, or None."""
    current = Q(expires_at=None) | Q(expires_at__gt=Now())
    return Export.objects.filter(current, user=user).order_by("-asked_at").first()


def claim(export_id: uuid.UUID) -> ExportAttempt | None:
    """Claim an export; None if it is final, held by another attempt, or failed after the last of its attempts."""
    row = LEASES.claim(
        export_id,
        where=f"""
            ready_at IS NULL AND failed_at IS NULL AND expires_at IS NULL AND user_id IS NOT NULL
            AND attempt < {MAX_ATTEMPTS}
        """,
        returning="user_id, attempt",
    )
    if row is None:
        _fail_if_exhausted(export_id)
        return None
    user_id, number = row
    return ExportAttempt(export_id, user_id, number)


def _fail_if_exhausted(export_id: uuid.UUID) -> None:
    unclaimed = Export.objects.filter(_UNFINISHED, leases.UNLEASED, pk=export_id, user__isnull=False)
    unclaimed.filter(attempt__gte=MAX_ATTEMPTS).update(
        failed_at=Now(), expires_at=Now() + LIFETIME, lease_expires_at=None
    )


async def renew(attempt: ExportAttempt) -> None:
    """Extend the lease, if the attempt still holds it."""
    await LEASES.renew([(attempt.export_id, attempt.number)])


def release(attempt: ExportAttempt) -> None:
    """End the lease at once, so that another worker can start over."""
    leases.release(_held(attempt))


def store(attempt: ExportAttempt, content: IO[bytes], byte_size: int) -> bool:
    """Put the ZIP into storage and mark the export ready; False, without a file, if the lease was lost."""
    name = Export(id=attempt.export_id).file_name_of(attempt.number)
    files.backend().save(name, File(content))
    now = timezone.now()
    updated = (
        _held(attempt)
        .filter(_UNFINISHED)
        .update(ready_at=now, expires_at=now + LIFETIME, byte_size=byte_size, lease_expires_at=None)
    )
    if not updated:
        files.backend().delete(name)
    return bool(updated)


def send_ready_email(export_id: uuid.UUID) -> None:
    """Email the user that the export is ready, once."""
    unmailed = Export.objects.filter(pk=export_id, ready_at__isnull=False, mailed_at=None, user__isnull=False)
    if not unmailed.update(mailed_at=Now()):
        return
    export = Export.objects.select_related("user").get(pk=export_id)
    context = {"url": settings.SITE_URL + reverse("export"), "site_url": settings.SITE_URL}
    try:
        if export.user is not None:
            text = render_to_string("images/emails/export_ready.txt", context)
            send_mail("Your data export is ready", text, None, [export.user.email])
    except OSError as error:
        # The mail server is unavailable; the reconciler sends the email later.
        logger.warning("export %s: not mailed: %s", export_id, type(error).__name__)
        Export.objects.filter(pk=export_id).update(mailed_at=None)


def reconcile() -> int:
    """Enqueue exports that no attempt holds, send emails that were not sent, and remove what expired.

    Returns:
        How many exports were removed.
    """
    jobs.delete_stalled(job_queue.CREATE_EXPORT, where=EXPORT_IS_FINAL)
    lost = Export.objects.filter(_UNFINISHED, leases.UNLEASED, asked_at__lt=Now() - timedelta(seconds=2))
    for export_id in list(lost.values_list("id", flat=True)[:BATCH]):
        job_queue.enqueue_export(export_id)
    unmailed = Export.objects.filter(mailed_at=None, ready_at__lt=Now() - UNMAILED_AFTER, expires_at__gt=Now())
    for export_id in list(unmailed.values_list("id", flat=True)[:BATCH]):
        send_ready_email(export_id)
    return _remove_expired()


def _remove_expired() -> int:
    # An attempt that still holds a lease may be about to write its file; it removes the file itself in store().
    expired = list(Export.objects.filter(leases.UNLEASED, expires_at__lte=Now())[:BATCH])
    for export in expired:
        for attempt in range(1, export.attempt + 1):
            files.backend().delete(export.file_name_of(attempt))
        export.delete()
    return len(expired)


def _held(attempt: ExportAttempt) -> QuerySet[Export]:
    leased = Export.objects.filter(lease_expires_at__isnull=False)
    return leases.held_by(leased, attempt.export_id, attempt.number)
