"""Rows of the webhook pages: endpoints with their last result, and deliveries with their tries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import endpoints
from images.webhooks.endpoints import ENDPOINTS_MAX, EndpointStatus
from images.webhooks.schedule import TRIES_MAX
from images.webhooks.schemas import ALL_EVENTS
from images.webhooks.tries import TIMEOUT_SECONDS
from website.dashboard.webhooks.forms import DEFAULT_PERIOD, PERIODS, STATUSES, DeliveryFilterForm

ROWS_PER_PAGE: Final = 25
IMAGE_EVENTS: Final = [event for event in ALL_EVENTS if event.startswith("image.")]
MINUTE_SECONDS: Final = 60
HOUR_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class TryRow:
    """One try of a delivery."""

    number: int
    at: datetime
    seconds: float
    status: int | None
    error: str
    retry_after_seconds: float | None

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "TryRow":
        at = datetime.fromisoformat(entry["at"])
        retry_after = entry["retryAfterSeconds"]
        return cls(entry["number"], at, entry["seconds"], entry["status"], entry["error"], retry_after)

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def result(self) -> str:
        """The status and the time that it took, or that there was no response."""
        if self.status is not None:
            return f"{self.status} in {self.seconds:.1f} s"
        return f"No response in {TIMEOUT_SECONDS:.0f} s" if self.seconds >= TIMEOUT_SECONDS else "No response"

    @property
    def retry_after(self) -> str:
        """The pause that the server requested, in words; empty if it requested none."""
        seconds = self.retry_after_seconds
        if seconds is None:
            return ""
        if seconds >= HOUR_SECONDS:
            return f"{seconds / HOUR_SECONDS:.3g} h"
        return f"{seconds / MINUTE_SECONDS:.3g} min" if seconds >= MINUTE_SECONDS else f"{seconds:.0f} s"


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery in the log."""

    delivery: WebhookDelivery
    is_open: bool = False

    @property
    def tries(self) -> list[TryRow]:
        """The tries, latest first."""
        return [TryRow.of(entry) for entry in reversed(self.delivery.tries)]

    @property
    def last_try(self) -> TryRow | None:
        return TryRow.of(self.delivery.tries[-1]) if self.delivery.tries else None

    @property
    def tries_text(self) -> str:
        """The number of tries; of the possible ones if some have failed since the event or the last resend."""
        if self.delivery.failures and self.delivery.status != WebhookDelivery.Status.SUCCEEDED:
            return f"{self.delivery.failures} of {TRIES_MAX}"
        return str(self.delivery.attempt)

    @property
    def is_sent_now(self) -> bool:
        """Whether a try is running or about to start."""
        delivery = self.delivery
        return not delivery.is_final and (delivery.lease_expires_at is not None or not delivery.failures)


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint in the list."""

    endpoint: WebhookEndpoint
    last: DeliveryRow | None

    @classmethod
    def of(cls, status: EndpointStatus) -> "EndpointRow":
        return cls(status.endpoint, DeliveryRow(status.last_delivery) if status.last_delivery else None)

    @property
    def is_failing(self) -> bool:
        return self.endpoint.enabled and self.endpoint.failing_since is not None

    @property
    def events(self) -> list[str]:
        """The events as the list shows them."""
        if self.endpoint.event_types == list(ALL_EVENTS):
            return ["All events"]
        return ["All image events"] if self.endpoint.event_types == IMAGE_EVENTS else self.endpoint.event_types


def list_context(user_id: UUID) -> dict[str, Any]:
    """Return the context of the list of endpoints."""
    rows = [EndpointRow.of(status) for status in endpoints.list_for(user_id)]
    return {
        "rows": rows,
        "failing": [row for row in rows if row.is_failing],
        "endpoints_max": ENDPOINTS_MAX,
        "is_full": len(rows) >= ENDPOINTS_MAX,
    }


def log_context(endpoint: WebhookEndpoint, form: DeliveryFilterForm) -> dict[str, Any]:
    """Return the context of an endpoint's log: one page of deliveries that match the filters."""
    values = form.valid_values()
    deliveries = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("image")
    matching = form.filter(deliveries)
    newest = _after(matching, values["after"]).order_by("-created_at", "-id")
    found = list(newest[: ROWS_PER_PAGE + 1])
    page = found[:ROWS_PER_PAGE]
    return {
        "endpoint": endpoint,
        "endpoint_row": EndpointRow(endpoint, None),
        "rows": [DeliveryRow(delivery, is_open=delivery.pk == values["open"]) for delivery in page],
        "total": matching.count(),
        "waiting": matching.filter(status=WebhookDelivery.Status.PENDING).count(),
        "older_after": page[-1].pk if len(found) > ROWS_PER_PAGE else None,
        "selected": {**values, "days": values["days"] or DEFAULT_PERIOD},
        "statuses": STATUSES,
        "periods": PERIODS,
        "event_types": [*ALL_EVENTS, "webhook.test"],
        "tries_max": TRIES_MAX,
    }


def _after(deliveries: QuerySet[WebhookDelivery], delivery_id: UUID | None) -> QuerySet[WebhookDelivery]:
    """Return the deliveries that are older than the given one, or all if it does not exist any more."""
    last = deliveries.filter(pk=delivery_id).first() if delivery_id else None
    if last is None:
        return deliveries
    return deliveries.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
