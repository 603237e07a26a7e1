"""Middleware that logs one line per page request, with the name of the view. The path may contain secrets."""

import logging
import time
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from api import asgi
from infrastructure.observability import instrumentation

logger = logging.getLogger(__name__)

# The API logs its own requests, with the key; requests for static files are not worth a line.
EXCLUDED_PREFIXES: Final = (*asgi.PREFIXES, "/static/")


@sync_and_async_middleware
def log_pages(get_response: Any) -> Any:
    """Return the middleware, synchronous or asynchronous like the next one.

    As synchronous middleware it would occupy a thread for every API request that waits for an image.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response: HttpResponseBase = get_response(request)
        _log(request, response, time.perf_counter() - started)
        return response

    async def async_middleware(request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response: HttpResponseBase = await get_response(request)
        _log(request, response, time.perf_counter() - started)
        return response

    return async_middleware if iscoroutinefunction(get_response) else middleware


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    if request.path.startswith(EXCLUDED_PREFIXES):
        return
    match = request.resolver_match
    instrumentation.annotate(route=match and match.view_name)
    # AuthenticationMiddleware keeps the user here once the view has used it; reading request.user would add a query.
    user = request.__dict__.get("_cached_user")
    log_fields = {"user": str(user.pk)} if user is not None and user.pk else {}
    page = match.view_name if match else "?"
    logger.info("%s %s: %d in %.0f ms", request.method, page, response.status_code, seconds * 1000, extra=log_fields)
