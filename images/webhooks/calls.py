"""The REST calls about webhooks: each calls one domain function and returns a result."""

from accounts.authentication import Caller
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import deliveries, endpoints
from images.webhooks.schemas import (
    DeliveryListArguments,
    DeliveryListResult,
    DeliveryResult,
    WebhookArguments,
    WebhookChangeArguments,
    WebhookListResult,
    WebhookResult,
    WebhookSecretResult,
)


def list_webhooks(caller: Caller) -> WebhookListResult:
    """Return all of the caller's webhooks, oldest first."""
    return WebhookListResult(webhooks=[WebhookResult.of(*row) for row in endpoints.list_for(caller.user_id)])


def create(caller: Caller, arguments: WebhookArguments) -> WebhookSecretResult:
    """Create a webhook and return it with its secret; errors as in `endpoints.create`."""
    endpoint, secret = endpoints.create(caller, arguments)
    return WebhookSecretResult.with_secret(endpoint, None, secret)


def get(caller: Caller, endpoint_id: str) -> WebhookResult:
    """Return one of the caller's webhooks; errors as in `endpoints.find`."""
    return _result(endpoints.find(caller, endpoint_id))


def change(caller: Caller, endpoint_id: str, arguments: WebhookChangeArguments) -> WebhookResult:
    """Change a webhook and return it; errors as in `endpoints.change`."""
    return _result(endpoints.change(caller, endpoint_id, arguments))


def delete(caller: Caller, endpoint_id: str) -> None:
    """Delete a webhook; errors as in `endpoints.delete`."""
    endpoints.delete(caller, endpoint_id)


def rotate(caller: Caller, endpoint_id: str) -> WebhookSecretResult:
    """Replace the secret and return the webhook with the new one; errors as in `endpoints.rotate`."""
    endpoint, secret = endpoints.rotate(caller, endpoint_id)
    return WebhookSecretResult.with_secret(endpoint, endpoints.last_delivery(endpoint), secret)


def send_test(caller: Caller, endpoint_id: str) -> DeliveryResult:
    """Send a test event and return its delivery; errors as in `endpoints.send_test`."""
    return DeliveryResult.of(endpoints.send_test(caller, endpoint_id), enabled=True)


def list_deliveries(caller: Caller, endpoint_id: str, arguments: DeliveryListArguments) -> DeliveryListResult:
    """Return a page of a webhook's deliveries; errors as in `endpoints.find`."""
    endpoint = endpoints.find(caller, endpoint_id)
    found = deliveries.of_endpoint(endpoint)
    if arguments.status != "all":
        found = found.filter(status=arguments.status)
    page = found[arguments.offset : arguments.offset + arguments.limit]
    return DeliveryListResult(
        deliveries=[_delivery(delivery, endpoint) for delivery in page],
        total=found.count(),
        limit=arguments.limit,
        offset=arguments.offset,
    )


def resend(caller: Caller, endpoint_id: str, delivery_id: str) -> DeliveryResult:
    """Send a delivery again and return it; errors as in `endpoints.find` and `deliveries.resend`."""
    endpoint = endpoints.find(caller, endpoint_id)
    return _delivery(deliveries.resend(endpoint, delivery_id), endpoint)


def _result(endpoint: WebhookEndpoint) -> WebhookResult:
    return WebhookResult.of(endpoint, endpoints.last_delivery(endpoint))


def _delivery(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> DeliveryResult:
    return DeliveryResult.of(delivery, enabled=endpoint.enabled)
