"""Arguments and results of calls about webhooks."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from images.models import WebhookDelivery, WebhookEndpoint
from images.models.webhooks import DESCRIPTION_MAX_CHARACTERS, URL_MAX_CHARACTERS
from images.schemas import SourceId, reject_unstorable
from infrastructure.schemas import Arguments, PageArguments, Result

SubscribedEvent = Literal["image.succeeded", "image.failed", "image.rejected", "image.cancelled", "balance.low"]
EventType = Literal[SubscribedEvent, "webhook.test"]
DeliveryStatus = Literal["pending", "succeeded", "failed"]

ALL_EVENTS: tuple[SubscribedEvent, ...] = (
    "image.succeeded",
    "image.failed",
    "image.rejected",
    "image.cancelled",
    "balance.low",
)

# The longest list of a request, which may repeat an event.
EVENT_TYPES_MAX = 20


def _in_order(event_types: list[SubscribedEvent]) -> list[SubscribedEvent]:
    return [event for event in ALL_EVENTS if event in event_types]


URL_FIELD: Any = Field(
    min_length=1,
    max_length=URL_MAX_CHARACTERS,
    description="A public https URL of your server, for example https://example.com/hooks. At most 2,048 characters.",
)
DESCRIPTION_FIELD: Any = Field(
    max_length=DESCRIPTION_MAX_CHARACTERS, description="A note for yourself, up to 200 characters."
)
EVENT_TYPES_FIELD: Any = Field(
    description="Which events to send: image.succeeded, image.failed, image.rejected, image.cancelled or balance.low.",
)

StorableText = Annotated[str, AfterValidator(reject_unstorable)]
# The length comes first, so that its error counts entries.
SubscribedEvents = Annotated[
    list[SubscribedEvent], Field(min_length=1, max_length=EVENT_TYPES_MAX), AfterValidator(_in_order)
]


class WebhookArguments(Arguments):
    """A new webhook."""

    url: Annotated[StorableText, URL_FIELD]
    description: Annotated[StorableText, DESCRIPTION_FIELD] = ""
    event_types: Annotated[SubscribedEvents, EVENT_TYPES_FIELD] = list(ALL_EVENTS)


class WebhookChangeArguments(Arguments):
    """The fields of a webhook to change; what is omitted stays."""

    url: Annotated[StorableText | None, URL_FIELD] = None
    description: Annotated[StorableText | None, DESCRIPTION_FIELD] = None
    event_types: Annotated[SubscribedEvents | None, EVENT_TYPES_FIELD] = None
    enabled: Annotated[bool | None, Field(description="Whether events are sent: true or false.")] = None


class WebhookIdArguments(Arguments):
    """The ID of a webhook."""

    id: Annotated[SourceId, Field(description="The webhook's ID, a UUID.")]


class DeliveryIdArguments(WebhookIdArguments):
    """The IDs of a webhook and of one of its deliveries."""

    delivery_id: Annotated[SourceId, Field(description="The delivery's ID, a UUID.")]


class DeliveryListArguments(PageArguments):
    """A page of a webhook's deliveries, by status."""

    status: Annotated[
        DeliveryStatus | Literal["all"],
        Field(description="Which deliveries to return: all (default), pending, succeeded or failed."),
    ] = "all"


class DeliveryResult(Result):
    """One event for one webhook."""

    id: UUID = Field(description="The delivery's ID, which is its webhook-id header.")
    event_type: EventType = Field(description="The type of the event.")
    status: DeliveryStatus = Field(description="pending until it succeeds or finally fails.")
    attempts: int = Field(description="How many requests were sent.")
    response_status: int | None = Field(description="The HTTP status of the last response; null if there was none.")
    next_attempt_at: datetime | None = Field(
        description="When the next try is due (UTC); null if the delivery is final or the webhook is disabled."
    )
    created_at: datetime = Field(description="When the event happened (UTC).")

    @classmethod
    def of(cls, delivery: WebhookDelivery, *, enabled: bool) -> "DeliveryResult":
        names = ("id", "event_type", "status", "response_status", "created_at")
        fields: dict[str, Any] = {name: getattr(delivery, name) for name in names}
        return cls(**fields, attempts=delivery.attempt, next_attempt_at=delivery.next_attempt_at if enabled else None)


class DeliveryListResult(Result):
    """A page of a webhook's deliveries."""

    deliveries: list[DeliveryResult] = Field(description="Deliveries, newest first.")
    total: int = Field(description="The number of deliveries that match.")
    limit: int = Field(description="The limit of this page.")
    offset: int = Field(description="The offset of this page.")


class WebhookResult(Result):
    """One webhook."""

    id: UUID = Field(description="The webhook's ID.")
    url: str = Field(description="Where events are sent.")
    description: str = Field(description="Your own note.")
    event_types: list[SubscribedEvent] = Field(description="The events that are sent.")
    enabled: bool = Field(description="Whether events are sent.")
    created_at: datetime = Field(description="When it was created (UTC).")
    last_delivery: DeliveryResult | None = Field(
        description="The delivery that was tried last; null if there is none yet."
    )

    @classmethod
    def of(cls, endpoint: WebhookEndpoint, last_delivery: WebhookDelivery | None) -> "WebhookResult":
        last = last_delivery and DeliveryResult.of(last_delivery, enabled=endpoint.enabled)
        return cls(**_fields(endpoint), last_delivery=last or None)


class WebhookSecretResult(WebhookResult):
    """One webhook with its secret."""

    secret: str = Field(description="The secret that signs the events. It is returned only once.")

    @classmethod
    def with_secret(
        cls, endpoint: WebhookEndpoint, last_delivery: WebhookDelivery | None, secret: str
    ) -> "WebhookSecretResult":
        return cls(**WebhookResult.of(endpoint, last_delivery).model_dump(), secret=secret)


class WebhookListResult(Result):
    """The caller's webhooks."""

    webhooks: list[WebhookResult] = Field(description="All webhooks of the account, oldest first.")


def _fields(endpoint: WebhookEndpoint) -> dict[str, Any]:
    names = ("id", "url", "description", "event_types", "enabled", "created_at")
    return {name: getattr(endpoint, name) for name in names}
