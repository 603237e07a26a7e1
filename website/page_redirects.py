"""Middleware for requests of an open page that end in a redirect: the whole page follows it, never a part of it."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.decorators import sync_and_async_middleware
from django.utils.http import url_has_allowed_host_and_scheme

REDIRECTS: Final = (301, 302, 303, 307, 308)
SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")


@sync_and_async_middleware
def redirect_whole_pages(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer redirected htmx requests with HX-Redirect, and return from sign-in to the page that was open.

    A browser follows a redirect before htmx receives it, so that the sign-in page would be swapped into a part of the
    page. Without a session the status is 401, and `next` is the address of the page instead of the request's. Belongs
    directly below HtmxMiddleware.
    """
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            return _for_whole_page(request, response)

        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return _for_whole_page(request, get_response(request))

    return middleware


def open_page(request: HttpRequest) -> str | None:
    """Return the path of the page that sent this request, or None if it is unknown or of another site."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
        return None
    address = urlsplit(url)
    return address._replace(scheme="", netloc="", fragment="").geturl() or None


def sign_in_redirect(request: HttpRequest) -> HttpResponse:
    """Return a redirect to sign-in, which returns to the open page."""
    return redirect_to_login(open_page(request) or resolve_url(settings.LOGIN_REDIRECT_URL))


def _for_whole_page(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code not in REDIRECTS:
        return response
    needs_sign_in = _is_sign_in_redirect(request, response["Location"])
    is_htmx = request.headers.get("HX-Request") == "true"
    # A page without a referrer keeps the address of the form as `next`.
    if needs_sign_in and (is_htmx or (request.method not in SAFE_METHODS and open_page(request))):
        response["Location"] = sign_in_redirect(request)["Location"]
    if not is_htmx:
        return response
    replacement = HttpResponse(status=401 if needs_sign_in else 204, headers={"HX-Redirect": response["Location"]})
    replacement.cookies = response.cookies
    return replacement


def _is_sign_in_redirect(request: HttpRequest, location: str) -> bool:
    """Return whether this is the redirect of `login_required`, whose `next` is the request itself."""
    address = urlsplit(location)
    returns_to = parse_qs(address.query).get(REDIRECT_FIELD_NAME, [""])[0]
    return (
        address.path == resolve_url(settings.LOGIN_URL)
        and bool(returns_to)
        and (not request.user.is_authenticated or urlsplit(returns_to).path == request.path)
    )
