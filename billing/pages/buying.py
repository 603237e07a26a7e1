"""Buying a pack: a page that names what is bought, and the way to where it is paid."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.authentication import Caller
from accounts.exceptions import ServiceError
from accounts.pages.requests import MemberRequest
from billing.exceptions import PackNotFound
from billing.offers import offers
from billing.payments import checkout, gateways


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def buy(request: MemberRequest, pack_id: int) -> HttpResponse:
    """Name the pack; told so by the form, begin a purchase and go to where it is paid."""
    try:
        if request.method == "POST":
            return _SeeOther(checkout.begin(Caller.in_dashboard(request.user), pack_id))
        checkout.pack(pack_id)
    except PackNotFound as error:
        raise Http404 from error
    except ServiceError as error:
        messages.error(request, error.message)
        return redirect("billing")
    offer = next(each for each in offers() if each.pack.pk == pack_id)
    return render(request, "billing/buy.html", {"offer": offer, "gateway": gateways.current()})


class _SeeOther(HttpResponseRedirect):
    """Leads from a form to a page, whatever the form's method was."""

    status_code = 303
