"""The one place where images become final: status, refund and webhook events, in one transaction."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from psycopg.types.json import Jsonb

from billing import ledger
from images.models import Image, WebhookEvent
from images.webhooks import events

# Without a refund and without events, one statement is enough.
SUCCEED_UNNOTICED: Final = f"""
UPDATE images_image SET status = 'succeeded', finished_at = now(), lease_expires_at = NULL, {{assignments}}
WHERE id = %(image)s AND attempt = %(attempt)s AND status = 'running' AND NOT {events.HAS_RECEIVER}
"""  # noqa: S608 - all parts are literals of ours


def succeed_unnoticed(image_id: uuid.UUID, attempt: int, columns: Mapping[str, Any]) -> bool:
    """Make an image final with its picture if this attempt holds it and no webhook receives the event.

    Args:
        image_id: The image.
        attempt: The number of the attempt.
        columns: The other columns to set.

    Returns:
        Whether the image was changed. If not, `finish` decides.
    """
    assignments = ", ".join(f"{name} = %({name})s" for name in columns)
    values: dict[str, Any] = {"image": image_id, "attempt": attempt, "event": WebhookEvent.IMAGE_SUCCEEDED.value}
    values |= {name: Jsonb(value) if isinstance(value, Mapping) else value for name, value in columns.items()}
    with connection.cursor() as cursor:
        cursor.execute(SUCCEED_UNNOTICED.format(assignments=assignments), values)
        return bool(cursor.rowcount)


def finish(image: QuerySet[Image], image_id: uuid.UUID, status: str, *, refund_reason: str = "", **fields: Any) -> bool:
    """Make an image final, refund it if it has no picture, and write its webhook events.

    Args:
        image: The image's row with the conditions under which it may be changed, such as the attempt that holds it.
        image_id: The image.
        status: The final status.
        refund_reason: Why the credits are refunded; empty for an image that succeeded.
        **fields: The other columns to set.

    Returns:
        Whether the row met the conditions. If not, nothing is changed.
    """
    with transaction.atomic():
        if refund_reason:
            _lock_account(image_id)
        # The database's clock is the same for all machines.
        updated = image.update(status=status, finished_at=Now(), lease_expires_at=None, **fields)
        if updated:
            if refund_reason:
                ledger.refund(image_id, reason=refund_reason)
            events.record_image(image_id, status)
    return bool(updated)


def _lock_account(image_id: uuid.UUID) -> None:
    """Lock the account of the image's owner, unless it was deleted."""
    user_id = Image.objects.values_list("user_id", flat=True).get(pk=image_id)
    if user_id is not None:
        ledger.lock(user_id)
