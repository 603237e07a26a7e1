"""Finishing or refunding whatever no worker is busy with: run by every worker, and by hand."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts import failed_keys
from images.exceptions import TimedOut
from images.exports import lifecycle
from images.models import DEADLINE, Image
from images.storage import files
from images.worker import attempts, job_queue

BATCH = 500
# No attempt outlives the deadline by much: after this, files that no image names belong to nobody.
SWEEP_AFTER = DEADLINE + timedelta(minutes=3)

# A queued image whose job was lost, or a running one that nobody holds, for which no job waits and there is still time.
UNATTENDED = """
SELECT i.id FROM images_image i
WHERE i.status IN ('queued', 'running')
  AND (i.lease_expires_at IS NULL OR i.lease_expires_at < now())
  AND i.created_at < now() - interval '2 seconds' AND i.created_at > now() - make_interval(secs => %(deadline)s)
  AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                  WHERE j.queueing_lock = 'image:' || i.id AND j.status = 'todo')
ORDER BY i.created_at
LIMIT %(batch)s
"""

# What a killed worker was doing stays "doing" for ever; the image's own row is what counts.
DELETE_DEAD_JOBS = """
DELETE FROM procrastinate_jobs j USING images_image i
WHERE j.status = 'doing' AND j.queueing_lock = 'image:' || i.id AND i.finished_at < now() - interval '5 minutes'
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What one round did: images handed to workers again, refunded, cleared of leftovers; exports removed."""

    requeued: int
    refunded: int
    swept: int
    exports_removed: int = 0


def reconcile() -> Report:
    """Do one round. It may run in many processes at once: every step checks the state that it changes.

    Call it when the workers' pulse is steady: after an outage of the database leases have run out without fault. Failed
    keys of minutes that are over are forgotten on the way.
    """
    failed_keys.delete_expired()
    return Report(
        requeued=_requeue(), refunded=_refund_overdue(), swept=_sweep(), exports_removed=lifecycle.reconcile()
    )


def _requeue() -> int:
    with connection.cursor() as cursor:
        cursor.execute(DELETE_DEAD_JOBS)
        cursor.execute(UNATTENDED, {"batch": BATCH, "deadline": DEADLINE.total_seconds()})
        found: list[uuid.UUID] = [row[0] for row in cursor.fetchall()]
    for image_id in found:
        job_queue.enqueue_image(image_id)
    return len(found)


def _refund_overdue() -> int:
    overdue = Image.objects.unfinished().filter(
        Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now()), created_at__lt=Now() - DEADLINE
    )
    ids = list(overdue.values_list("id", flat=True)[:BATCH])
    return sum(attempts.end_unleased(image_id, TimedOut()) for image_id in ids)


def _sweep() -> int:
    # An image that was ended and deleted at once may still have a worker who is about to write its bytes.
    due = Q(finished_at__lt=Now() - SWEEP_AFTER) | Q(deleted_at__gt=F("finished_at"))
    images = list(Image.objects.filter(due, finished_at__isnull=False, swept_at=None)[:BATCH])
    for image in images:
        files.remove(image.id, keep={image.picture_name, image.thumbnail_name})
        Image.objects.filter(pk=image.pk).update(swept_at=Now())
    return len(images)
