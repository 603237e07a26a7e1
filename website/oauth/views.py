"""The consent page: a person connects an app to the account, or sends it away."""

import functools
from typing import Any

from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.oauth import authorization, connections, redirects, scopes
from accounts.oauth.authorization import AuthorizationRequest, Redirect
from accounts.oauth.errors import UntrustedRequest
from images import catalogue
from images.models import CatalogueModel
from infrastructure.exceptions import ServiceError
from website.dashboard.keys.forms import ConnectionForm
from website.requests import MemberRequest

BAD_REQUEST = 400
UNPROCESSABLE = 422


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def authorize(request: MemberRequest) -> HttpResponseBase:
    """Show the consent page; on POST, connect the app or send it away. The request stays in the query throughout."""
    try:
        outcome = authorization.read(dict(request.GET.lists()))
    except UntrustedRequest as error:
        return render(request, "website/oauth/error.html", {"error": error}, status=BAD_REQUEST)
    if isinstance(outcome, Redirect):
        return _redirect(outcome)
    if request.POST.get("decision") == "cancel":
        return _redirect(authorization.deny(outcome))
    return _consent(request, outcome)


def _consent(request: MemberRequest, consent: AuthorizationRequest) -> HttpResponseBase:
    connection = connections.live(request.user, consent.client)
    suggested = {"name": consent.client.name, "monthly_credit_cap": connections.DEFAULT_CAP_CREDITS}
    form = ConnectionForm(request.POST if request.method == "POST" else None, key=connection, initial=suggested)
    form_error = ""
    if request.method == "POST":
        try:
            redirect = form.submit(functools.partial(authorization.approve, consent, request.user))
        except ServiceError as error:
            form_error, redirect = error.message, None
        if redirect is not None:
            return _redirect(redirect)
    context = {**_context(consent), "form": form, "form_error": form_error, "connection": connection}
    # Browsers apply form-action to the redirect that answers the form.
    with_redirect = csp_update({"form-action": [redirects.csp_source(consent.redirect_uri)]})
    status = UNPROCESSABLE if form.errors or form_error else 200
    page = render(request, "website/oauth/consent.html", context, status=status)
    return with_redirect(lambda _: page)(request)


def _context(consent: AuthorizationRequest) -> dict[str, Any]:
    models = CatalogueModel.objects.with_prices().filter(enabled=True)
    return {
        "client": consent.client,
        "destination": redirects.destination(consent.redirect_uri),
        "permissions": [scopes.MEANINGS[scope] for scope in scopes.MEANINGS if scope in consent.scopes],
        "lowest_price": catalogue.lowest_price(models),
    }


def _redirect(redirect: Redirect) -> HttpResponse:
    # Not HttpResponseRedirect, which refuses the schemes of apps. The address was checked.
    return HttpResponse(status=303, headers={"Location": redirect.url})
