"""Usage: what was spent, day by day and model by model, and every entry of the ledger with what it paid for.

It stands here and not with the ledger, because it shows both: entries, and the images behind them.
"""

import uuid
from datetime import UTC, date, timedelta
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.validators import MaxValueValidator, MinValueValidator
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
from website.requests import MemberRequest

DEFAULT_DAYS: Final = 30
PERIOD_MAX_DAYS: Final = 366
KEYS_OFFERED_MAX: Final = 200
PERIODS: Final = [("30", "30 days"), ("90", "90 days"), ("month", "This month"), ("dates", "Dates")]
# Far enough from the ends of the calendar to count days from.
DATES: Final = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]


class UsageForm(forms.Form):
    """What the query string chooses; what it cannot mean is as if it were not there."""

    period = forms.ChoiceField(choices=PERIODS, required=False, initial="30")
    since = forms.DateField(required=False, validators=DATES)
    until = forms.DateField(required=False, validators=DATES)
    type = forms.ChoiceField(choices=[("", "All entries"), *LedgerEntry.Type.choices], required=False)
    key = forms.UUIDField(required=False)
    model = forms.CharField(required=False, max_length=100)
    reference = forms.UUIDField(required=False)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**62)

    def chosen(self) -> dict[str, Any]:
        """Return the values that make sense."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}

    def period_chosen(self) -> tuple[str, spend.Period]:
        """Return the period and its name."""
        chosen = self.chosen()
        name = chosen["period"] or "30"
        today = timezone.now().astimezone(UTC).date()
        if name == "month":
            return name, spend.Period(today.replace(day=1), today)
        if name == "dates":
            return name, _between(chosen["since"], chosen["until"], today)
        return name, spend.Period.of_last_days(int(name))


def _between(first: date | None, last: date | None, today: date) -> spend.Period:
    last = last or today
    first = first or last - timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        first, last = last, first
    return spend.Period(max(first, last - timedelta(days=PERIOD_MAX_DAYS - 1)), last)


@require_safe
@never_cache
@login_required
def usage(request: MemberRequest) -> HttpResponse:
    """Show a period of spending and its entries; further entries come as rows by themselves."""
    form = UsageForm(request.GET)
    chosen = form.chosen()
    name, period = form.period_chosen()
    context = {"chosen": chosen, "period_name": name, **_entries(request.user, chosen, period), **_query(request)}
    if request.htmx and chosen["before"]:
        return render(request, "website/dashboard/usage/_rows.html", context)
    context |= {
        "chart": SpendChart(period, spend.by_day(request.user.pk, period)),
        "periods": PERIODS,
        "types": LedgerEntry.Type.choices,
        "models": list(CatalogueModel.objects.all()),
        "keys": list(api_keys.list_for(request.user)[:KEYS_OFFERED_MAX]),
    }
    template = "website/dashboard/usage/_results.html" if request.htmx else "website/dashboard/usage/page.html"
    return render(request, template, context)


def _entries(user: User, chosen: dict[str, Any], period: spend.Period) -> dict[str, Any]:
    """Return the lines of one page, and where the next begins.

    Raises:
        Http404: The user has no such key, or nothing was ever booked for such a reference.
    """
    caller = Caller.in_dashboard(user)
    if chosen["key"]:
        _require_key(user, chosen["key"])
    entries, before = billing_usage.ledger_entries(caller, _filter(user, chosen, period), before=chosen["before"])
    if chosen["reference"] and not entries:
        raise Http404
    return {"lines": ledger_lines.with_images(caller, entries), "older_before": before}


def _filter(user: User, chosen: dict[str, Any], period: spend.Period) -> billing_usage.LedgerFilter:
    # What was booked for one image or purchase is shown whenever that was.
    is_one = chosen["reference"] is not None
    images = Image.objects.filter(user_id=user.pk, model_id=chosen["model"]).values("id") if chosen["model"] else None
    return billing_usage.LedgerFilter(
        since=None if is_one else period.since,
        until=None if is_one else period.until,
        type=chosen["type"] or None,
        api_key_id=chosen["key"],
        reference_id=chosen["reference"],
        references=images,
    )


def _require_key(user: User, key_id: uuid.UUID) -> None:
    try:
        api_keys.find(user, key_id)
    except KeyNotFound as error:
        raise Http404 from error


def _query(request: MemberRequest) -> dict[str, str]:
    """Return the query string as links go on with it: without the page, and without what one entry is about."""
    query = request.GET.copy()
    query.pop("before", None)
    whole = query.urlencode()
    query.pop("reference", None)
    return {"query": whole, "query_of_all": query.urlencode()}
