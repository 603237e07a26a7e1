"""What a page may leave behind: nothing, where it was made for one person."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def keep_out_of_caches(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Forbid to store what was made with somebody's session, unless the view has said how it may be.

    Recovery codes, the secret of an authenticator app and settings would else be found by the browser's Back button
    after signing out. Stands right below the middleware that reads sessions.
    """
    if iscoroutinefunction(get_response):

        async def answer_later(request: HttpRequest) -> HttpResponseBase:
            awaited: Awaitable[HttpResponseBase] = get_response(request)
            return _kept_out(request, await awaited)

        return answer_later

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _kept_out(request, get_response(request))

    return answer


def _kept_out(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    session = request.session
    if session.accessed and not session.is_empty() and not response.has_header("Cache-Control"):
        add_never_cache_headers(response)
    return response
