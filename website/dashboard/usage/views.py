"""Usage: spending by day and model, and the ledger entries with the images they paid for."""

import uuid
from datetime import UTC, date, timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import api_keys
from accounts.authentication import Caller
from accounts.exceptions import KeyNotFound
from accounts.models import User
from billing import usage as billing_usage
from billing.models import LedgerEntry
from images import ledger_lines
from images.models import CatalogueModel, Image
from images.statistics import spend
from images.statistics.chart import SpendChart
from website.dashboard.query_forms import QueryDateField, QueryForm
from website.requests import MemberRequest

DEFAULT_DAYS: Final = 30
PERIOD_MAX_DAYS: Final = 366
KEY_CHOICES_MAX: Final = 200
PERIODS: Final = [("30", "30 days"), ("90", "90 days"), ("month", "This month"), ("dates", "Dates")]


class UsageForm(QueryForm):
    """Period and filters of the usage page, and the ledger position before which a page of entries begins."""

    period = forms.ChoiceField(choices=PERIODS, required=False, initial="30")
    since = QueryDateField()
    until = QueryDateField()
    type = forms.ChoiceField(choices=[("", "All entries"), *LedgerEntry.Type.choices], required=False)
    key = forms.UUIDField(required=False)
    model = forms.CharField(required=False, max_length=100)
    reference = forms.UUIDField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def selected_period(self) -> tuple[str, spend.Period]:
        """Return the name and the dates of the period."""
        values = self.valid_values()
        name = values["period"] or "30"
        today = timezone.now().astimezone(UTC).date()
        if name == "month":
            return name, spend.Period(today.replace(day=1), today)
        if name == "dates":
            return name, _custom_period(values["since"], values["until"], today)
        return name, spend.Period.of_last_days(int(name))


def _custom_period(first: date | None, last: date | None, today: date) -> spend.Period:
    last = last or today
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        first, last = last, first
    return spend.Period(max(first, last - timedelta(days=PERIOD_MAX_DAYS - 1)), last)


@require_safe
@never_cache
@login_required
def usage(request: MemberRequest) -> HttpResponse:
    """Show the spending and the ledger entries of a period; an htmx request with `before` gets further rows only."""
    form = UsageForm(request.GET)
    values = form.valid_values()
    name, period = form.selected_period()
    context = {"selected": values, "period_name": name, **_entries(request.user, values, period), **_queries(request)}
    if request.htmx and values["before"]:
        return render(request, "website/dashboard/usage/_rows.html", context)
    context |= {
        "chart": SpendChart(period, spend.by_day(request.user.pk, period)),
        "periods": PERIODS,
        "types": LedgerEntry.Type.choices,
        "models": list(CatalogueModel.objects.all()),
        "keys": list(api_keys.list_for(request.user)[:KEY_CHOICES_MAX]),
    }
    template = "website/dashboard/usage/_results.html" if request.htmx else "website/dashboard/usage/page.html"
    return render(request, template, context)


def _entries(user: User, values: dict[str, Any], period: spend.Period) -> dict[str, Any]:
    """Return one page of ledger lines, and the position before which the next page begins.

    Raises:
        Http404: The user has no such key, or no entry with such a reference.
    """
    caller = Caller.in_dashboard(user)
    if values["key"]:
        _require_key(user, values["key"])
    filters = _ledger_filter(user, values, period)
    entries, older_before = billing_usage.ledger_entries(caller, filters, before=values["before"])
    if values["reference"] and not entries:
        raise Http404
    return {"lines": ledger_lines.with_images(caller, entries), "older_before": older_before}


def _ledger_filter(user: User, values: dict[str, Any], period: spend.Period) -> billing_usage.LedgerFilter:
    # The entries of one image or purchase are shown regardless of the period.
    is_all_time = values["reference"] is not None
    images = Image.objects.filter(user_id=user.pk, model_id=values["model"]).values("id") if values["model"] else None
    return billing_usage.LedgerFilter(
        since=None if is_all_time else period.since,
        until=None if is_all_time else period.until,
        type=values["type"],
        api_key_id=values["key"],
        reference_id=values["reference"],
        references=images,
    )


def _require_key(user: User, key_id: uuid.UUID) -> None:
    try:
        api_keys.find(user, key_id)
    except KeyNotFound as error:
        raise Http404 from error


def _queries(request: MemberRequest) -> dict[str, str]:
    """Return the query string for links: without the page position, and also without the reference."""
    query = request.GET.copy()
    query.pop("before", None)
    current = query.urlencode()
    query.pop("reference", None)
    return {"query": current, "query_without_reference": query.urlencode()}
