"""Billing: what there is to spend, and the packs that add to it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.offers import offers


@require_safe
@never_cache
@login_required
def billing(request: HttpRequest) -> HttpResponse:
    """Show the balance and the packs."""
    return render(request, "billing/page.html", {"offers": offers()})
