"""Events: what happened to a user's images or balance, written as one delivery for each endpoint that receives it.

The functions run in the transaction of the change itself, so that no event is lost and none is sent for a change that
was rolled back.
"""

import uuid
from typing import Any, Final, LiteralString

from django.db import connection, transaction

from billing.models import CreditAccount
from images.models import Image, WebhookDelivery, WebhookEndpoint, WebhookEvent
from images.schemas import FlatImageResult
from images.worker import job_queue

# The prompt is private, and a link expires before the last try.
OMITTED_IMAGE_FIELDS: Final = ("prompt", "imageUrl")

RECEIVES: Final[LiteralString] = "e.enabled AND e.deleted_at IS NULL AND %(event)s = ANY(e.event_types)"
# For a statement about images.
HAS_RECEIVER: Final[LiteralString] = f"""
EXISTS (SELECT FROM images_webhookendpoint e WHERE e.user_id = images_image.user_id AND {RECEIVES})
"""
# The lock keeps the rows until the deliveries refer to them, and does not wait for other transactions that do the same.
# In the order of their ids, so that two transactions that enqueue jobs of the same endpoints cannot deadlock.
RECEIVERS_OF_IMAGE: Final[LiteralString] = f"""
SELECT e.id FROM images_webhookendpoint e
WHERE e.user_id = (SELECT user_id FROM images_image WHERE id = %(subject)s) AND {RECEIVES}
ORDER BY e.id FOR KEY SHARE OF e
"""  # noqa: S608 - all parts are literals of ours
RECEIVERS_OF_USER: Final[LiteralString] = f"""
SELECT e.id FROM images_webhookendpoint e WHERE e.user_id = %(subject)s AND {RECEIVES}
ORDER BY e.id FOR KEY SHARE OF e
"""  # noqa: S608 - all parts are literals of ours


def record_image(image_id: uuid.UUID, status: str) -> None:
    """Write the events of an image that the current transaction made final and refunded."""
    event = WebhookEvent(f"image.{status}")
    receivers = _receivers(RECEIVERS_OF_IMAGE, image_id, event)
    if receivers:
        image = Image.objects.prefetch_related("sources").get(pk=image_id)
        _write(receivers, event, _image_data(image), image_id=image_id)


def on_balance_low(user_id: uuid.UUID, balance: int, alert_level: int, **_: Any) -> None:
    """Write the events of a balance that fell below its alert level; both are whole credits."""
    receivers = _receivers(RECEIVERS_OF_USER, user_id, WebhookEvent.BALANCE_LOW)
    _write(receivers, WebhookEvent.BALANCE_LOW, {"creditBalance": balance, "alertLevel": alert_level})


def record_test(endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Write a test event for one endpoint, whichever events it receives."""
    data = {"webhookId": str(endpoint.pk), "message": "This is a test. No image or balance has changed."}
    with transaction.atomic():
        (delivery,) = _write([endpoint.pk], WebhookEvent.TEST, data)
    return delivery


def _receivers(statement: str, subject: uuid.UUID, event: WebhookEvent) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"subject": subject, "event": event.value})
        return [row[0] for row in cursor.fetchall()]


def _write(
    receivers: list[uuid.UUID], event: WebhookEvent, data: dict[str, Any], *, image_id: uuid.UUID | None = None
) -> list[WebhookDelivery]:
    deliveries = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint_id=endpoint_id, event_type=event, image_id=image_id, data=data)
        for endpoint_id in receivers
    )
    for endpoint_id in receivers:
        job_queue.enqueue_deliveries(endpoint_id)
    return deliveries


def _image_data(image: Image) -> dict[str, Any]:
    balance = CreditAccount.objects.values_list("balance", flat=True).get(user=image.user_id)
    data = FlatImageResult.flat(image, balance=balance, image_url=None).to_json()
    return {name: value for name, value in data.items() if name not in OMITTED_IMAGE_FIELDS}
