"""View of the billing page: balance, packs on sale and past purchases."""

import uuid
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from billing import usage
from billing.models import CreditAccount
from billing.payments import purchase_history, registry
from billing.payments.packs import on_sale
from website.dashboard.query_forms import QueryForm
from website.requests import MemberRequest


class HistoryForm(QueryForm):
    """The purchase before which a page of the purchase history begins."""

    before = forms.UUIDField(required=False)


@require_safe
@never_cache
@login_required
def billing(request: MemberRequest) -> HttpResponse:
    """Show balance, packs and purchases. An htmx request for older purchases returns only their rows."""
    before = HistoryForm(request.GET).valid_values()["before"]
    if request.htmx and before:
        return render(request, "website/dashboard/billing/_rows.html", purchases_context(request.user, before))
    return render(request, "website/dashboard/billing/page.html", page_context(request.user, before))


def purchases_context(user: User, before: uuid.UUID | None = None) -> dict[str, Any]:
    """Return the context of a page of the purchase history."""
    purchases, older = purchase_history.page(user, before=before)
    return {"purchases": purchases, "older_before": older}


def page_context(user: User, before: uuid.UUID | None = None) -> dict[str, Any]:
    """Return the context of the page."""
    account = CreditAccount.objects.get(user=user)
    return {
        **purchases_context(user, before),
        "account": account,
        "days_left": usage.days_left(account),
        "offers": on_sale(),
        "paid": purchase_history.totals(user),
        "is_simulated": registry.current() == registry.SIMULATED,
    }
