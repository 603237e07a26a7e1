"""One worker's try at an image: its number, its lease, and the changes of state that only its holder can make.

Every statement names the attempt. One that has lost its lease to a later attempt finds no row and changes nothing.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from billing import ledger
from images.exceptions import GenerationFailed
from images.models import DEADLINE, Image, ImageQuerySet
from images.providers import MAX_CALLS
from images.raster import Picture
from infrastructure import database, metrics

# How long a lease lasts past its last renewal, how often it is renewed, and the gap in the workers' pulse that tells
# of an outage. A lease outlasts the longest gap that is none: LEASE - RENEWAL > STEADY_GAP.
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
RENEWAL_SECONDS = settings.LEASE_SECONDS / 6
STEADY_GAP = LEASE / 2

# An image that is queued, or whose last attempt's lease ran out while the workers' pulse was steady (so that the
# lease could have been renewed, and was not), goes to whoever runs this first.
BEGIN = """
UPDATE images_image
SET status = 'running', attempt = attempt + 1, lease_expires_at = now() + %(lease)s
WHERE id = %(id)s AND status IN ('queued', 'running') AND created_at > now() - %(deadline)s
  AND (lease_expires_at IS NULL
       OR lease_expires_at < now()
          AND EXISTS (SELECT FROM images_workerpulse
                      WHERE beat_at > now() - %(gap)s AND steady_since <= now() - %(lease)s))
RETURNING attempt, provider_calls, created_at
"""

BEAT: Final[LiteralString] = """
INSERT INTO images_workerpulse AS pulse (id, beat_at, steady_since) VALUES (1, now(), now())
ON CONFLICT (id) DO UPDATE SET
    beat_at = now(),
    steady_since = CASE WHEN pulse.beat_at < now() - %(gap)s THEN now() ELSE pulse.steady_since END
RETURNING steady_since <= now() - %(lease)s AS steady
"""

RENEW: Final[LiteralString] = """
UPDATE images_image SET lease_expires_at = now() + %(lease)s
WHERE status = 'running' AND (id, attempt) IN (SELECT * FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]))
"""

_UNATTENDED = Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now())


@dataclass(frozen=True, slots=True)
class Attempt:
    """A lease on an image: which one, the attempt's number, and the provider calls made for the image so far."""

    image_id: uuid.UUID
    number: int
    provider_calls: int
    deadline: datetime

    @property
    def seconds_left(self) -> float:
        return (self.deadline - timezone.now()).total_seconds()

    @property
    def may_call(self) -> bool:
        return self.provider_calls < MAX_CALLS


def claim(image_id: uuid.UUID) -> Attempt | None:
    """Take the lease on an image, or None if it is not to be had: final, past its deadline, or held by another."""
    row = _one(BEGIN, {"id": image_id, "lease": LEASE, "gap": STEADY_GAP, "deadline": DEADLINE})
    return row and Attempt(image_id, number=row[0], provider_calls=row[1], deadline=row[2] + DEADLINE)


async def heartbeat() -> bool:
    """Say that a worker is there, and return whether that has been so without a gap for as long as a lease lasts."""
    row = await database.fetch_one(BEAT, {"gap": STEADY_GAP, "lease": LEASE})
    return bool(row and row["steady"])


async def renew(held: Collection[Attempt]) -> None:
    """Extend the leases of these attempts, as far as they still hold them.

    Runs on the event loop, so that no thread stuck in storage can make living attempts look dead.
    """
    parameters = {"lease": LEASE, "ids": [a.image_id for a in held], "attempts": [a.number for a in held]}
    await database.execute(RENEW, parameters)


def record_provider_call(attempt: Attempt) -> Attempt | None:
    """Write down that the provider is about to be called; None if the attempt may not call it any more."""
    calls = attempt.provider_calls + 1
    counted = _held(attempt).filter(provider_calls=attempt.provider_calls).update(provider_calls=calls)
    return replace(attempt, provider_calls=calls) if counted else None


def succeed(attempt: Attempt, picture: Picture, *, picture_name: str, thumbnail_name: str) -> bool:
    """Make the image final with its picture, which is stored already. False if the attempt has lost its lease."""
    finished = _held(attempt).update(
        status=Image.Status.SUCCEEDED,
        # One clock for all machines: the database's.
        finished_at=Now(),
        lease_expires_at=None,
        picture_name=picture_name,
        thumbnail_name=thumbnail_name,
        media_type=picture.media_type,
        width=picture.width,
        height=picture.height,
        byte_size=len(picture.content),
        sha256=picture.sha256,
        # Only an attempt that was not the first can have been preceded by one that left files.
        swept_at=Now() if attempt.number == 1 else None,
    )
    return bool(finished) or _ended(attempt, Image.Status.SUCCEEDED)


def fail(attempt: Attempt, failure: GenerationFailed) -> bool:
    """Make the image final without a picture and give the credits back, once. False if the lease was lost."""
    with transaction.atomic():
        _lock_account(attempt.image_id)
        finished = _held(attempt).update(**_failed_fields(failure))
        if finished:
            ledger.refund(attempt.image_id, reason=failure.code)
    return bool(finished) or _ended(attempt, failure.image_status)


def end_unleased(image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    """End an image that nobody is at work on any more and give its credits back; False if somebody is."""
    return _end_where(_UNATTENDED, image_id, failure)


def end(image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    """End an unfinished image, whoever is at work on it, and give its credits back; False if it is final.

    The attempt that is under way then finds that it holds nothing any more, and removes its bytes.
    """
    return _end_where(Q(), image_id, failure)


def _end_where(condition: Q, image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    with transaction.atomic():
        provider_id = _lock_account(image_id)
        finished = Image.objects.unfinished().filter(condition, pk=image_id).update(**_failed_fields(failure))
        if finished:
            ledger.refund(image_id, reason=failure.code)
            transaction.on_commit(metrics.images_ended.labels(provider_id, failure.code).inc)
    return bool(finished)


def release(attempt: Attempt) -> None:
    """Give the lease up at once, for another worker to go on."""
    _held(attempt).update(lease_expires_at=None)


def _failed_fields(failure: GenerationFailed) -> dict[str, Any]:
    return {
        "status": failure.image_status,
        "finished_at": Now(),
        "lease_expires_at": None,
        "error_code": failure.code,
        "error_message": failure.message,
    }


def _ended(attempt: Attempt, status: str) -> bool:
    # The database may have gone away between a commit and its answer: the row shows that it was this attempt's. The
    # same attempt with another end is one that was given up while nobody renewed its lease.
    return Image.objects.filter(pk=attempt.image_id, attempt=attempt.number, status=status).exists()


def _held(attempt: Attempt) -> ImageQuerySet:
    return Image.objects.filter(pk=attempt.image_id, attempt=attempt.number, status=Image.Status.RUNNING)


def _lock_account(image_id: uuid.UUID) -> str:
    """Lock the account of the image's owner, if it has one still; return the image's provider."""
    user_id, provider_id = Image.objects.values_list("user_id", "provider_id").get(pk=image_id)
    if user_id is not None:
        ledger.lock(user_id)
    return provider_id


def _one(statement: str, parameters: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()
