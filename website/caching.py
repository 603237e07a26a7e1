"""Middleware that keeps pages with personal content out of caches."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def keep_out_of_caches(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Forbid storing a response that used the session, unless the view sets Cache-Control.

    Otherwise the browser's Back button could show recovery codes, the secret of an authenticator app or the settings
    after the user signs out. The middleware belongs directly below SessionMiddleware, because it reads the session.
    """
    if iscoroutinefunction(get_response):

        async def async_middleware(request: HttpRequest) -> HttpResponseBase:
            response: HttpResponseBase = await get_response(request)
            return _forbid_caching(request, response)

        return async_middleware

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return _forbid_caching(request, get_response(request))

    return middleware


def _forbid_caching(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    session = request.session
    if session.accessed and not session.is_empty() and not response.has_header("Cache-Control"):
        add_never_cache_headers(response)
    return response
