"""View that shows a pack and starts its checkout."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from billing.exceptions import PackNotFound
from billing.payments import checkout
from billing.payments.packs import on_sale
from infrastructure.exceptions import ServiceError
from website.requests import MemberRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def buy(request: MemberRequest, pack_id: int) -> HttpResponse:
    """Show the pack; on POST, start a purchase and redirect to its checkout page."""
    try:
        if request.method == "POST":
            return _SeeOther(checkout.start(Caller.in_dashboard(request.user), pack_id))
        checkout.get_pack(pack_id)
    except PackNotFound as error:
        raise Http404 from error
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("billing")
    offer = next(offer for offer in on_sale() if offer.pack.pk == pack_id)
    return render(request, "website/dashboard/billing/buy.html", {"offer": offer})


class _SeeOther(HttpResponseRedirect):
    """Redirect after a POST: the browser loads the new page with GET."""

    status_code = 303
