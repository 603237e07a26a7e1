"""Usage: spending by day and model, and the ledger entries with the images they paid for."""

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
from images.models import CatalogueModel
from images.statistics import ledger_lines, spend
from images.statistics.chart import SpendChart
from website.dashboard.usage.filters import PERIODS, UsageForm, ledger_filter
from website.requests import MemberRequest

KEY_CHOICES_MAX: Final = 200


@require_safe
@never_cache
@login_required
def usage(request: MemberRequest) -> HttpResponse:
    """Show the spending and the ledger entries of a period; an htmx request with `before` gets further rows only."""
    form = UsageForm(request.GET)
    values = form.valid_values()
    name, period = form.selected_period()
    context = {"selected": values, "period_name": name, **_entries(request.user, form), **_queries(request)}
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
