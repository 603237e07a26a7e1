"""Attempts at an image: the claim with its lease, and the changes of state that only the lease's holder can make.

Every statement names the attempt. An attempt that was superseded by a later one matches no row and changes nothing.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, LiteralString

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from images import completion
from images.failures import GenerationFailed
from images.models import DEADLINE, Image, images
from images.pictures import content_credentials
from images.pictures.raster import Picture
from images.providers import MAX_CALLS
from images.storage import files
from images.worker import heartbeat, leases
from infrastructure.observability import metrics

LEASES: Final = leases.Leases(table="images_image", duration=leases.LEASE)
_COLUMNS: Final = images.plain_columns()
HAS_SOURCES: Final[LiteralString] = "EXISTS (SELECT FROM images_imagesource WHERE image_id = images_image.id)"
CALLS_AT_ONCE: Final[LiteralString] = f"attempt = 0 AND %(counts_call)s AND NOT {HAS_SOURCES}"
_RETURNING: Final = ", ".join([HAS_SOURCES, *_COLUMNS])

RECORD_CALL: Final = """
UPDATE images_image SET provider_calls = %(calls)s
WHERE id = %(id)s AND status = 'running' AND attempt = %(attempt)s AND provider_calls = %(calls)s - 1
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at an image: its number, the provider calls made for the image so far, and the row at the claim."""

    image_id: uuid.UUID
    number: int
    provider_calls: int
    deadline: datetime
    image: Image = field(compare=False, repr=False)
    # Whether the image is made from other pictures.
    has_sources: bool
    # Whether the claim has counted the next call.
    call_is_counted: bool = False

    @property
    def seconds_left(self) -> float:
        return (self.deadline - timezone.now()).total_seconds()

    @property
    def may_call(self) -> bool:
        return self.provider_calls < MAX_CALLS


def claim(image_id: uuid.UUID, *, counts_call: bool = False) -> Attempt | None:
    """Claim an image; None if it is final, past its deadline, or held by another attempt.

    An expired lease can be claimed only while the heartbeat is steady: its worker could have renewed it and did not.

    Args:
        image_id: The image.
        counts_call: Whether to count the provider call of a first attempt without sources, which follows at once.
    """
    row = LEASES.claim(
        image_id,
        assign=f"status = 'running', provider_calls = provider_calls + ({CALLS_AT_ONCE})::int,",
        where=f"""
            status IN ('queued', 'running') AND created_at > now() - %(deadline)s
            AND (lease_expires_at IS NULL OR {heartbeat.IS_STEADY})
        """,
        returning=_RETURNING,
        parameters={"deadline": DEADLINE, "counts_call": counts_call, **heartbeat.PARAMETERS},
    )
    if row is None:
        return None
    has_sources, *values = row
    image = Image.from_db(connection.alias, _COLUMNS, values)
    return Attempt(
        image_id,
        image.attempt,
        image.provider_calls,
        image.deadline,
        image,
        has_sources,
        call_is_counted=counts_call and image.attempt == 1 and not has_sources,
    )


async def renew(held: Collection[Attempt]) -> None:
    """Extend the leases of these attempts, where they still hold them."""
    await LEASES.renew([(attempt.image_id, attempt.number) for attempt in held])


def record_provider_call(attempt: Attempt) -> Attempt | None:
    """Count a provider call before it is made; None if the attempt has lost its lease."""
    calls = attempt.provider_calls + 1
    values: dict[str, Any] = {"id": attempt.image_id, "attempt": attempt.number, "calls": calls}
    with connection.cursor() as cursor:
        cursor.execute(RECORD_CALL, values)
        return replace(attempt, provider_calls=calls) if cursor.rowcount else None


def succeed(attempt: Attempt, picture: Picture, *, picture_name: str) -> bool:
    """Make the image final with its picture, which is in storage already; False if the lease was lost."""
    columns: dict[str, Any] = {
        "picture_name": picture_name,
        "thumbnail_name": files.thumbnail_name(picture_name),
        "media_type": picture.media_type,
        "width": picture.width,
        "height": picture.height,
        "byte_size": len(picture.content),
        "sha256": picture.sha256,
        "has_content_credentials": content_credentials.has_manifest(picture.content),
        "provider_usage": _storable_usage(picture.usage),
        # A first attempt has no predecessor that could have left files.
        "swept_at": timezone.now() if attempt.number == 1 else None,
    }
    return (
        completion.succeed_unnoticed(attempt.image_id, attempt.number, columns)
        or completion.finish(_held(attempt), attempt.image_id, Image.Status.SUCCEEDED, **columns)
        or _ended_with(attempt, Image.Status.SUCCEEDED)
    )


def fail(attempt: Attempt, failure: GenerationFailed) -> bool:
    """Make the image final without a picture and refund its credits, once; False if the lease was lost."""
    return _finish(_held(attempt), attempt.image_id, failure) or _ended_with(attempt, failure.image_status)


def end_unleased(image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    """End an unfinished image that no attempt holds and refund its credits; False if an attempt holds it."""
    return _end_where(leases.UNLEASED, image_id, failure)


def end(image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    """End an unfinished image, even during an attempt, and refund its credits; False if the image is final.

    The running attempt then finds that it lost its lease and removes its files.
    """
    return _end_where(Q(), image_id, failure)


def _end_where(condition: Q, image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    with transaction.atomic():
        updated = _finish(Image.objects.unfinished().filter(condition, pk=image_id), image_id, failure)
        if updated:
            provider_id = Image.objects.values_list("provider_id", flat=True).get(pk=image_id)
            transaction.on_commit(metrics.images_ended.labels(provider_id, failure.code).inc)
    return updated


def _finish(image: QuerySet[Image], image_id: uuid.UUID, failure: GenerationFailed) -> bool:
    return completion.finish(
        image,
        image_id,
        failure.image_status,
        refund_reason=failure.code,
        error_code=failure.code,
        error_message=_storable_text(failure.message),
    )


def _storable_text(text: str) -> str:
    """Return a text that may quote a provider without what PostgreSQL refuses: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _storable_usage(usage: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Return a provider's usage; None if PostgreSQL refuses a text in it, or a number that is not finite."""
    try:
        text = json.dumps(usage, allow_nan=False, ensure_ascii=False)
        text.encode()
    except ValueError:
        return None
    return None if "\\u0000" in text else usage


def release(attempt: Attempt) -> None:
    """End the lease at once, so that another worker can continue."""
    leases.release(_held(attempt))


def _ended_with(attempt: Attempt, status: str) -> bool:
    # The connection may break between a commit and its confirmation; the row then shows that the update was made. If
    # the row has another status, the image was ended while this attempt's lease was not being renewed.
    return Image.objects.filter(pk=attempt.image_id, attempt=attempt.number, status=status).exists()


def _held(attempt: Attempt) -> QuerySet[Image]:
    running = Image.objects.filter(status=Image.Status.RUNNING)
    return leases.held_by(running, attempt.image_id, attempt.number)
