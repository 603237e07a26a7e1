"""Steps of the webhook tests: tries in the test's own process, without a worker."""

from collections.abc import Sequence

from django.db.models.functions import Now

from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import deliveries, tries
from images.webhooks.tries import TryResult
from tests.concurrency import run


def send_next(endpoint: WebhookEndpoint) -> TryResult:
    """Claim the endpoint's next delivery, send it and record the result."""
    request = deliveries.claim_next(endpoint.pk)
    assert request is not None
    result = run(tries.send(request))
    deliveries.record(request, result)
    return result


def make_due() -> None:
    """End the pauses of all pending deliveries."""
    WebhookDelivery.objects.filter(status="pending").update(next_attempt_at=Now())


def statuses() -> Sequence[str]:
    return list(WebhookDelivery.objects.order_by("created_at", "id").values_list("status", flat=True))
