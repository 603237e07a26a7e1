"""One purchase: what is known of it, asked anew while money may still come, and its receipt."""

import contextlib
import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing import purchase_history
from billing.exceptions import PurchaseNotFound, PurchaseRefused
from billing.models import Purchase
from billing.payments import purchase_sync, registry
from website.requests import MemberRequest


@require_safe
@never_cache
@login_required
def purchase(request: MemberRequest, purchase_id: uuid.UUID) -> HttpResponse:
    """Show a purchase: here a checkout leads back to, perhaps before its webhook has come."""
    own = _own(request, purchase_id)
    if own.is_unsettled:
        # What cannot be asked now is asked again with the next look.
        with contextlib.suppress(PurchaseRefused):
            own = purchase_sync.sync_for_page(own)
    template = "website/dashboard/billing/_purchase.html" if request.htmx else "website/dashboard/billing/purchase.html"
    return render(request, template, {"purchase": own, "is_simulated": own.gateway == registry.SIMULATED})


@require_safe
@never_cache
@login_required
def receipt(request: MemberRequest, purchase_id: uuid.UUID) -> HttpResponse:
    """Lead to the receipt, whose address the gateway gives for a while only."""
    own = _own(request, purchase_id)
    try:
        url = registry.gateway_for(own).receipt_url(own.session_id) if own.session_id and own.paid_at else None
    except PurchaseRefused as error:
        messages.error(request, error.message)
        return redirect("purchase", own.pk)
    if url is None:
        raise Http404
    return redirect(url)


def _own(request: MemberRequest, purchase_id: uuid.UUID) -> Purchase:
    try:
        return purchase_history.find(request.user, purchase_id)
    except PurchaseNotFound as error:
        raise Http404 from error
