"""Forms of a webhook and of the filters of its deliveries. The rules are those of `images.webhooks`."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone

from images.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from images.models.webhooks import DESCRIPTION_MAX_CHARACTERS
from images.webhooks.schemas import ALL_EVENTS
from infrastructure.exceptions import InvalidArguments
from website.dashboard.query_forms import QueryForm

# What each event means, in the order of the form.
EVENTS: Final = {
    "image.succeeded": "An image is finished",
    "image.failed": "An image failed and was refunded",
    "image.rejected": "A provider rejected an image",
    "image.cancelled": "An image was cancelled",
    "balance.low": "Your balance fell below its alert level",
}
STATUSES: Final = [("pending", "Waiting"), ("succeeded", "Delivered"), ("failed", "Failed")]
PERIODS: Final = [("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days")]
DEFAULT_PERIOD: Final = "7"
FIELD_NAMES: Final = {"eventTypes": "event_types"}


class EventChoice(NamedTuple):
    """An event as a checkbox."""

    event: str
    text: str
    is_selected: bool


class EventsField(forms.MultipleChoiceField):
    """Selected events. `images.webhooks.schemas` rejects unknown ones, with the same message as the API."""

    def valid_value(self, value: str) -> bool:  # noqa: ARG002
        """Return True."""
        return True


class WebhookForm(forms.Form):
    """URL, description and events of a webhook."""

    description_max_characters = DESCRIPTION_MAX_CHARACTERS

    # Identifies the form, so that a reload of the response creates no second webhook.
    request_id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    url = forms.CharField(label="URL", widget=forms.URLInput, error_messages={"required": "Enter a URL."})
    description = forms.CharField(required=False)
    event_types = EventsField(error_messages={"required": "Select at least one event."})

    def __init__(self, data: Any = None, *, endpoint: WebhookEndpoint | None = None, **options: Any) -> None:
        initial = options.pop("initial", {"event_types": list(ALL_EVENTS)})
        if endpoint is not None:
            initial = {name: getattr(endpoint, name) for name in ("url", "description", "event_types")}
        super().__init__(data, initial={"event_types": list(ALL_EVENTS), **initial}, **options)

    @property
    def choices(self) -> list[EventChoice]:
        """All events that can be selected."""
        selected = self["event_types"].value() or []
        return [EventChoice(event, text, event in selected) for event, text in EVENTS.items()]

    def submit(self, save: Callable[[dict[str, Any]], Any]) -> Any:
        """Return the result of `save` with the values by the API's names; None, with errors, if a value is invalid.

        Raises:
            ServiceError: `save` failed for a reason that does not concern one field.
        """
        if not self.is_valid():
            return None
        values = self.cleaned_data
        arguments = {
            "url": values["url"],
            "description": values["description"],
            "eventTypes": values["event_types"],
        }
        try:
            return save(arguments)
        except InvalidArguments as error:
            for field, message in error.fields:
                self.add_error(FIELD_NAMES.get(field, field), message)
            return None


class DeliveryFilterForm(QueryForm):
    """Filters of the deliveries of a webhook, the delivery that is open, and the one after which a page begins."""

    status = forms.ChoiceField(choices=STATUSES, required=False)
    event = forms.ChoiceField(choices=WebhookEvent.choices, required=False)
    days = forms.ChoiceField(choices=PERIODS, required=False)
    open = forms.UUIDField(required=False)
    after = forms.UUIDField(required=False)

    def filter(self, deliveries: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        """Return the deliveries that match status, event and period."""
        values = self.valid_values()
        since = timezone.now() - timedelta(days=int(values["days"] or DEFAULT_PERIOD))
        condition = Q(created_at__gte=since)
        if values["status"]:
            condition &= Q(status=values["status"])
        if values["event"]:
            condition &= Q(event_type=values["event"])
        return deliveries.filter(condition)
