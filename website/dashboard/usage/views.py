"""Usage: spending by day and model, key or client, the caps of this month, and the ledger entries with their images."""

from datetime import UTC
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import api_keys
from accounts.authentication import Caller
from accounts.models import User
from billing import usage as billing_usage
from billing.models import LedgerEntry
from billing.usage import KeyUsage
from images.models import CatalogueModel
from images.statistics import breakdown, ledger_lines, spend
from images.statistics.chart import SpendChart
from images.statistics.spend import Period
from website import time_zones
from website.dashboard.usage.filters import DIMENSIONS, PERIODS, UsageForm, ledger_filter
from website.requests import MemberRequest

KEY_CHOICES_MAX: Final = 200


@require_safe
@never_cache
@login_required
def usage(request: MemberRequest) -> HttpResponse:
    """Show the spending and the ledger entries of a period; an htmx request with `before` gets further rows only."""
    form = UsageForm(request.GET, zone=time_zones.of_viewer(request))
    values = form.valid_values()
    name, period = form.selected_period()
    context = {"selected": values, "period_name": name, **_entries(request.user, form), **_queries(request)}
    if request.htmx and values["before"]:
        return render(request, "website/dashboard/usage/_rows.html", context)
    chart = _chart(request.user, period, form.dimension)
    context |= {
        "chart": chart,
        "totals": breakdown.totals(chart),
        "dimensions": DIMENSIONS,
        "dimension": form.dimension,
        "dimension_label": dict(DIMENSIONS)[form.dimension],
        "zone": form.zone,
        "zone_is_known": time_zones.is_known(request),
        "spending": _spending_of_keys(request.user),
        "periods": PERIODS,
        "types": LedgerEntry.Type.choices,
        "models": list(CatalogueModel.objects.all()),
        "keys": list(api_keys.list_for(request.user)[:KEY_CHOICES_MAX]),
    }
    template = "website/dashboard/usage/_results.html" if request.htmx else "website/dashboard/usage/page.html"
    return render(request, template, context)


def _chart(user: User, period: Period, dimension: str) -> SpendChart:
    if dimension == breakdown.MODEL and period.zone == UTC:
        return SpendChart(period, spend.by_day(user.pk, period))
    return breakdown.chart(user.pk, period, dimension)


def _spending_of_keys(user: User) -> list[KeyUsage]:
    """Return the live keys with their spending of this month, the nearest to its cap first."""
    spending = billing_usage.key_usage(api_keys.live(user).order_by("-created_at", "-id"))
    return sorted(spending, key=lambda each: (each.percent_of_cap, each.spent), reverse=True)


def _entries(user: User, form: UsageForm) -> dict[str, Any]:
    """Return one page of ledger lines, and the position before which the next page begins.

    Raises:
        Http404: The user has no such key, or no entry with such a reference.
    """
    caller, values, filters = Caller.in_dashboard(user), form.valid_values(), ledger_filter(user, form)
    entries, older_before = billing_usage.ledger_entries(caller, filters, before=values["before"])
    if values["reference"] and not entries:
        raise Http404
    return {"lines": ledger_lines.with_images(caller, entries), "older_before": older_before}


def _queries(request: MemberRequest) -> dict[str, str]:
    """Return the query string for links: without the page position, and also without the reference."""
    query = request.GET.copy()
    query.pop("before", None)
    current = query.urlencode()
    query.pop("reference", None)
    return {"query": current, "query_without_reference": query.urlencode()}
