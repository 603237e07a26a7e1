"""Reconciliation: requeue or refund images without a live lease. Every worker and `manage.py reconcile` run it."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts import failed_keys
from images.exports import lifecycle
from images.failures import TimedOut
from images.library import deletion
from images.models import DEADLINE, Image
from images.storage import files
from images.uploads import uploads
from images.webhooks import disabled_emails, removal
from images.worker import attempts, job_queue, leases
from infrastructure import jobs

BATCH = 500
# No attempt outlives the deadline by more: after this no process writes files of a final image.
SWEEP_AFTER = DEADLINE + timedelta(minutes=3)

# Unleased images before their deadline whose job was lost. A job is enqueued in the transaction that creates its
# image; the two seconds spare the images whose job is just being fetched.
WITHOUT_JOB = """
SELECT i.id FROM images_image i
WHERE i.status IN ('queued', 'running')
  AND (i.lease_expires_at IS NULL OR i.lease_expires_at < now())
  AND i.created_at < now() - interval '2 seconds' AND i.created_at > now() - make_interval(secs => %(deadline)s)
  AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                  WHERE j.queueing_lock = 'image:' || i.id AND j.status = 'todo')
ORDER BY i.created_at
LIMIT %(batch)s
"""

# The image's row decides, not the job engine's view of the worker: a frozen worker may still end its job itself.
IMAGE_IS_FINAL = """
EXISTS (SELECT FROM images_image i
        WHERE i.id = (job.args->>'image_id')::uuid AND i.finished_at < now() - interval '5 minutes')
"""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one round: images enqueued again, refunded, and cleared of unused files; what was removed."""

    requeued: int
    refunded: int
    swept: int
    exports_removed: int = 0
    uploads_removed: int = 0
    deliveries_removed: int = 0


def reconcile() -> Report:
    """Run one round. Many processes may do so at once: every step checks the state that it changes.

    Call it only while the workers' heartbeat is steady: an outage of the database lets leases of live workers expire.
    """
    failed_keys.delete_expired()
    jobs.delete_stalled(job_queue.DELIVER_EVENTS)
    disabled_emails.enqueue_stalled()
    # Before the sweep, which removes the files of what is erased.
    deletion.erase_due()
    return Report(
        requeued=_requeue(),
        refunded=_refund_overdue(),
        swept=_sweep(),
        exports_removed=lifecycle.reconcile(),
        uploads_removed=uploads.remove_expired(),
        deliveries_removed=removal.remove_expired(),
    )


def _requeue() -> int:
    jobs.delete_stalled(job_queue.GENERATE_IMAGE, where=IMAGE_IS_FINAL)
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT_JOB, {"batch": BATCH, "deadline": DEADLINE.total_seconds()})
        image_ids: list[uuid.UUID] = [row[0] for row in cursor.fetchall()]
    for image_id in image_ids:
        job_queue.enqueue_image(image_id)
    return len(image_ids)


def _refund_overdue() -> int:
    overdue = Image.objects.unfinished().filter(leases.UNLEASED, created_at__lt=Now() - DEADLINE)
    ids = list(overdue.values_list("id", flat=True)[:BATCH])
    return sum(attempts.end_unleased(image_id, TimedOut()) for image_id in ids)


def _sweep() -> int:
    # An image that was ended and then deleted at once may still have an attempt that is about to write its files.
    due = Q(finished_at__lt=Now() - SWEEP_AFTER) | Q(deleted_at__gt=F("finished_at"))
    images = list(Image.objects.filter(due, finished_at__isnull=False, swept_at=None, erase_at=None)[:BATCH])
    for image in images:
        files.remove(image.id, keep={image.picture_name, image.thumbnail_name})
        # An image that was erased meanwhile has other files to remove.
        Image.objects.filter(pk=image.pk, picture_name=image.picture_name).update(swept_at=Now())
    return len(images)
