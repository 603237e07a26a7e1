"""Buying a pack: a page that names what is bought, and the way to where it is paid."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from billing.exceptions import PackNotFound
from billing.packs import on_sale
from billing.payments import checkout, registry
from infrastructure.exceptions import ServiceError
from website.requests import MemberRequest


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def buy(request: MemberRequest, pack_id: int) -> HttpResponse:
    """Name the pack; told so by the form, begin a purchase and go to where it is paid."""
    try:
        if request.method == "POST":
            return _SeeOther(checkout.start(Caller.in_dashboard(request.user), pack_id))
        checkout.get_pack(pack_id)
    except PackNotFound as error:
        raise Http404 from error
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("billing")
    offer = next(each for each in on_sale() if each.pack.pk == pack_id)
    return render(request, "website/dashboard/billing/buy.html", {"offer": offer, "gateway": registry.current()})


class _SeeOther(HttpResponseRedirect):
    """Leads from a form to a page, whatever the form's method was."""

    status_code = 303
