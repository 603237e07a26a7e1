"""Period and filters of the usage page and of the CSV file that contains the same ledger entries."""

import uuid
from datetime import date, timedelta, tzinfo
from typing import Final

from django import forms
from django.http import Http404, QueryDict
from django.utils import timezone

from accounts import api_keys
from accounts.exceptions import KeyNotFound
from accounts.models import User
from billing.models import LedgerEntry
from billing.usage import LedgerFilter
from images.models import Image
from images.statistics import breakdown, spend
from website.dashboard.query_forms import DASHBOARD, KeyField, QueryDateField, QueryForm

DEFAULT_DAYS: Final = 30
PERIOD_MAX_DAYS: Final = 366
PERIODS: Final = [("30", "30 days"), ("90", "90 days"), ("month", "This month"), ("dates", "Dates")]

DIMENSIONS: Final = [(breakdown.MODEL, "Model"), (breakdown.KEY, "Key or app"), (breakdown.CLIENT, "Client")]


class UsageForm(QueryForm):
    """Period and filters of the usage page, and the ledger position before which a page of entries begins.

    Dates are days in a time zone.
    """

    period = forms.ChoiceField(choices=PERIODS, required=False, initial="30")
    since = QueryDateField()
    until = QueryDateField()
    type = forms.ChoiceField(choices=[("", "All entries"), *LedgerEntry.Type.choices], required=False)
    key = KeyField(required=False)
    model = forms.CharField(required=False, max_length=100)
    reference = forms.UUIDField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    by = forms.ChoiceField(choices=DIMENSIONS, required=False)

    def __init__(self, data: QueryDict, *, zone: tzinfo) -> None:
        super().__init__(data)
        # Of the days of the period.
        self.zone = zone

    @property
    def dimension(self) -> str:
        """What the chart is stacked by: model, key or client."""
        return self.valid_values()["by"] or breakdown.MODEL

    def selected_period(self) -> tuple[str, spend.Period]:
        """Return the name and the dates of the period."""
        values = self.valid_values()
        name = values["period"] or "30"
        today = timezone.now().astimezone(self.zone).date()
        if name == "month":
            return name, spend.Period(today.replace(day=1), today, self.zone)
        if name == "dates":
            return name, _custom_period(values["since"], values["until"], today, self.zone)
        return name, spend.Period.of_last_days(int(name), self.zone)


def _custom_period(first: date | None, last: date | None, today: date, zone: tzinfo) -> spend.Period:
    last = last or today
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        first, last = last, first
    return spend.Period(max(first, last - timedelta(days=PERIOD_MAX_DAYS - 1)), last, zone)


def ledger_filter(user: User, form: UsageForm) -> LedgerFilter:
    """Return the filter for the ledger of this user.

    Raises:
        Http404: The user has no such key.
    """
    values = form.valid_values()
    _, period = form.selected_period()
    is_without_key = values["key"] == DASHBOARD
    key_id = None if is_without_key else values["key"]
    if key_id:
        _require_key(user, key_id)
    # The entries of one image or purchase are shown regardless of the period.
    is_all_time = values["reference"] is not None
    images = Image.objects.filter(user_id=user.pk, model_id=values["model"]).values("id") if values["model"] else None
    return LedgerFilter(
        since=None if is_all_time else period.since,
        until=None if is_all_time else period.until,
        type=values["type"],
        api_key_id=key_id,
        without_key=is_without_key,
        reference_id=values["reference"],
        references=images,
    )


def _require_key(user: User, key_id: uuid.UUID) -> None:
    try:
        api_keys.find(user, key_id)
    except KeyNotFound as error:
        raise Http404 from error
