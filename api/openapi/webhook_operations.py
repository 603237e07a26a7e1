"""Descriptions and examples of the webhook operations for the OpenAPI document."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.openapi.annotations import describe, query_parameters, response
from api.problems import BodyTooLarge, NotJson, UnsupportedMediaType
from images.webhooks.endpoints import ENDPOINTS_MAX
from images.webhooks.exceptions import DeliveryNotFound, TooManyWebhooks, WebhookDisabled, WebhookNotFound
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
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.limits import BODY_MAX_BYTES

WEBHOOK_ID: Final = "4c6f2a0e-7a1b-4b52-8f0d-9d5b3c1e7a64"
DELIVERY_EXAMPLE: Final[dict[str, Any]] = {
    "id": "b7e0c6d2-1f3a-4e59-9c84-2a6d0f5e8b13",
    "eventType": "image.succeeded",
    "status": "succeeded",
    "attempts": 1,
    "responseStatus": 200,
    "nextAttemptAt": None,
    "createdAt": "2026-11-23T09:30:21.123456Z",
}
WAITING_EXAMPLE: Final = {
    **DELIVERY_EXAMPLE,
    "eventType": "webhook.test",
    "status": "pending",
    "attempts": 0,
    "responseStatus": None,
    "nextAttemptAt": "2026-11-23T09:31:00.123456Z",
    "createdAt": "2026-11-23T09:31:00.123456Z",
}
WEBHOOK_EXAMPLE: Final[dict[str, Any]] = {
    "id": WEBHOOK_ID,
    "url": "https://example.com/hooks/images",
    "description": "Production",
    "eventTypes": ["image.succeeded", "image.failed"],
    "enabled": True,
    "createdAt": "2026-11-23T09:00:00.123456Z",
    "lastDelivery": DELIVERY_EXAMPLE,
}
CREATED_EXAMPLE: Final = {
    **WEBHOOK_EXAMPLE,
    "lastDelivery": None,
    "secret": "whsec_c2VjcmV0IG9mIGFuIGV4YW1wbGUsIDMyIGJ5dGVzLiE=",
}
REQUEST_EXAMPLE: Final = {
    "url": "https://example.com/hooks/images",
    "description": "Production",
    "eventTypes": ["image.succeeded", "image.failed"],
}

INVALID_ID: Final = InvalidArguments([FieldError("id", "Not a UUID. The webhook's ID, a UUID.")])
PRIVATE_URL: Final = InvalidArguments(
    [FieldError("url", "internal.example is not a public https address. Use a URL on the public internet.")]
)
BODY_ERRORS: Final = (NotJson(), BodyTooLarge(BODY_MAX_BYTES), UnsupportedMediaType(), PRIVATE_URL)

ID: Final = OpenApiParameter(
    "webhook_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The webhook's ID, a UUID."
)
DELIVERY_ID: Final = OpenApiParameter(
    "delivery_id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH, description="The delivery's ID, a UUID."
)
LOCATION: Final = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri-reference"},
    OpenApiParameter.HEADER,
    response=[201],
    description="The path of the webhook.",
)

LIST: Final = describe(
    id="listWebhooks",
    tag="webhooks",
    summary="List webhooks",
    description="Lists all webhooks of the account, at most 10, each with its last delivery.",
    responses={200: response("The webhooks.", WebhookListResult, webhooks={"webhooks": [WEBHOOK_EXAMPLE]})},
    errors=[InvalidArguments([FieldError("limit", "Unknown argument. This request takes no arguments.")])],
)

CREATE: Final = describe(
    id="createWebhook",
    tag="webhooks",
    summary="Create a webhook",
    description="Creates a webhook: a URL of your server that receives events. The response contains the secret "
    "that signs the events, which you cannot get again. Without eventTypes it receives all events.",
    body=WebhookArguments,
    body_examples={"webhook": REQUEST_EXAMPLE},
    parameters=[LOCATION],
    responses={201: response("The webhook and its secret.", WebhookSecretResult, created=CREATED_EXAMPLE)},
    errors=[*BODY_ERRORS, TooManyWebhooks(ENDPOINTS_MAX)],
)

GET: Final = describe(
    id="getWebhook",
    tag="webhooks",
    summary="Get a webhook",
    description="Returns one webhook with its last delivery.",
    parameters=[ID],
    responses={200: response("The webhook.", WebhookResult, webhook=WEBHOOK_EXAMPLE)},
    errors=[WebhookNotFound(), INVALID_ID],
)

CHANGE: Final = describe(
    id="changeWebhook",
    tag="webhooks",
    summary="Change a webhook",
    description="Changes the fields in the body; the others stay the same. A disabled webhook receives nothing. When "
    "it is enabled again, waiting deliveries are sent.",
    body=WebhookChangeArguments,
    body_examples={"disable": {"enabled": False}, "events": {"eventTypes": ["image.succeeded"]}},
    parameters=[ID],
    responses={200: response("The webhook.", WebhookResult, webhook=WEBHOOK_EXAMPLE)},
    errors=[WebhookNotFound(), *BODY_ERRORS, INVALID_ID],
)

DELETE: Final = describe(
    id="deleteWebhook",
    tag="webhooks",
    summary="Delete a webhook",
    description="Deletes a webhook and its deliveries. Waiting events are not sent.",
    parameters=[ID],
    responses={204: OpenApiResponse(description="The webhook was deleted.")},
    errors=[WebhookNotFound(), INVALID_ID],
)

ROTATE: Final = describe(
    id="rotateWebhookSecret",
    tag="webhooks",
    summary="Rotate the secret",
    description="Creates a new secret and returns it only once. For 24 hours, deliveries are signed with the new "
    "secret and with the previous one.",
    parameters=[ID],
    responses={200: response("The webhook and its new secret.", WebhookSecretResult, rotated=CREATED_EXAMPLE)},
    errors=[WebhookNotFound(), INVALID_ID],
)

TEST: Final = describe(
    id="testWebhook",
    tag="webhooks",
    summary="Send a test event",
    description="Sends an event of type webhook.test, whichever events the webhook receives. List the deliveries to "
    "see the result.",
    parameters=[ID],
    responses={202: response("The delivery, which is sent immediately.", DeliveryResult, delivery=WAITING_EXAMPLE)},
    errors=[WebhookNotFound(), WebhookDisabled(), INVALID_ID],
)

DELIVERIES: Final = describe(
    id="listDeliveries",
    tag="webhooks",
    summary="List deliveries",
    description="Lists the deliveries of a webhook, newest first. They are kept for 30 days.",
    parameters=[ID, *query_parameters(DeliveryListArguments)],
    responses={
        200: response(
            "A page of deliveries.",
            DeliveryListResult,
            deliveries={"deliveries": [DELIVERY_EXAMPLE], "total": 1, "limit": 20, "offset": 0},
        )
    },
    errors=[WebhookNotFound(), INVALID_ID],
)

RESEND: Final = describe(
    id="resendDelivery",
    tag="webhooks",
    summary="Send a delivery again",
    description="Sends a delivery now, with the same webhook-id. A failed delivery gets all of its retries again.",
    parameters=[ID, DELIVERY_ID],
    responses={202: response("The delivery, which is sent immediately.", DeliveryResult, delivery=WAITING_EXAMPLE)},
    errors=[WebhookNotFound(), DeliveryNotFound(), WebhookDisabled(), INVALID_ID],
)
