"""The consent page, on which a user connects an app to the account or declines."""

import functools
from typing import Any, Final, cast

from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.oauth import authorization, connections, redirects, scopes
from accounts.oauth.authorization import AuthorizationRequest, Redirect
from accounts.oauth.errors import UntrustedRequest
from images.catalogue import prices
from images.models import CatalogueModel
from infrastructure.exceptions import ServiceError
from website.dashboard.keys.forms import ConnectionForm
from website.requests import MemberRequest

BAD_REQUEST = 400
UNPROCESSABLE = 422
# Added to the query when the user returns from the sign-in page.
AFTER_SIGN_IN: Final = "after_sign_in"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Show the consent page; on POST, connect the app or deny the request, whose parameters stay in the query."""
    if not request.user.is_authenticated:
        return _sign_in(request)
    try:
        outcome = authorization.read(dict(request.GET.lists()), request.user)
    except UntrustedRequest as error:
        return _error_page(request, {"description": error.description})
    if isinstance(outcome, Redirect):
        return _refusal(request, outcome) if AFTER_SIGN_IN in request.GET else _redirect(outcome)
    if request.POST.get("decision") == "cancel":
        return _redirect(authorization.deny(outcome))
    return _consent(cast("MemberRequest", request), outcome)


def _sign_in(request: HttpRequest) -> HttpResponse:
    path = request.get_full_path()
    if AFTER_SIGN_IN not in request.GET:
        path += f"{'&' if '?' in path else '?'}{AFTER_SIGN_IN}=1"
    return redirect_to_login(path)


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
        "lowest_price": prices.lowest_price(models),
    }


def _refusal(request: HttpRequest, error: Redirect) -> HttpResponse:
    """Show an error after the sign-in, with a link back to the app.

    A user who has just signed in is not sent to another site without a click (RFC 9700, section 4.11.2), and the policy
    of the sign-in page would block a redirect that follows its form.
    """
    destination = redirects.destination(error.redirect_uri)
    description = "The app sent a request that is not valid. Update the app, and try again."
    details = error.parameters["error_description"]
    context = {"description": description, "details": details, "destination": destination, "return_url": error.url}
    return _error_page(request, context)


def _error_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "website/oauth/error.html", context, status=BAD_REQUEST)


def _redirect(redirect: Redirect) -> HttpResponse:
    # Not HttpResponseRedirect, which refuses the schemes of apps. The address was checked.
    return HttpResponse(status=303, headers={"Location": redirect.url})
