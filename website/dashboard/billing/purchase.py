"""Views of one purchase: its status, synced while it is unfinished, its open checkout, and its receipt."""

import contextlib
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.authentication import Caller
from billing.exceptions import PurchaseNotFound, PurchaseRejected
from billing.models import Purchase
from billing.payments import checkout, purchase_history, purchase_sync, registry
from infrastructure.exceptions import ServiceError
from website.requests import MemberRequest


@require_safe
@never_cache
@login_required
def purchase(request: MemberRequest, purchase_id: uuid.UUID) -> HttpResponse:
    """Show a purchase. The checkout redirects here, possibly before the webhook event arrives."""
    purchase = _find(request, purchase_id)
    if purchase.is_unfinished:
        # If the gateway fails, the page shows the stored state; its next refresh tries again.
        with contextlib.suppress(PurchaseRejected):
            purchase = purchase_sync.sync_for_page(purchase)
    template = "website/dashboard/billing/_purchase.html" if request.htmx else "website/dashboard/billing/purchase.html"
    context = {
        "purchase": purchase,
        "returned": purchase_history.returned_credits(purchase) if purchase.credits_clawed_back else None,
        "pack_to_retry": checkout.pack_to_retry(purchase),
        "is_simulated": purchase.gateway == registry.SIMULATED,
    }
    return render(request, template, context)


@require_safe
@never_cache
@login_required
def resume_checkout(request: MemberRequest, purchase_id: uuid.UUID) -> HttpResponse:
    """Redirect to the open checkout, or to the purchase if its checkout has ended."""
    purchase = _find(request, purchase_id)
    try:
        url = checkout.resume(Caller.in_dashboard(request.user), purchase)
    except ServiceError as error:
        messages.error(request, error.message)
        url = None
    return redirect(url or reverse("purchase", args=[purchase.pk]))


@require_safe
@never_cache
@login_required
def receipt(request: MemberRequest, purchase_id: uuid.UUID) -> HttpResponse:
    """Redirect to the receipt at the gateway, whose URL is fetched each time because it expires."""
    purchase = _find(request, purchase_id)
    url = None
    try:
        if purchase.session_id and purchase.paid_at:
            url = registry.gateway_for(purchase).receipt_url(purchase.session_id)
    except PurchaseRejected as error:
        messages.error(request, error.message)
        return redirect("purchase", purchase.pk)
    if url is None:
        raise Http404
    return redirect(url)


def _find(request: MemberRequest, purchase_id: uuid.UUID) -> Purchase:
    try:
        return purchase_history.find(request.user, purchase_id)
    except PurchaseNotFound as error:
        raise Http404 from error
