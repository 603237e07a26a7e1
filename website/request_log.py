"""One line in the log for each page that is asked for: by its name and not its address, which may hold anything."""

import logging
import time
from typing import Any, Final

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from infrastructure import instrumentation

logger = logging.getLogger(__name__)

# The API's calls have a line of their own, with their key; files of the design say nothing of anybody.
OTHERS: Final = ("/api/v1/", "/static/")


@sync_and_async_middleware
def log_pages(get_response: Any) -> Any:
    """Return the middleware that writes it. A call of the API that waits must not keep a thread here."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response: HttpResponseBase = get_response(request)
        _log(request, response, time.perf_counter() - begun)
        return response

    async def async_middleware(request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response: HttpResponseBase = await get_response(request)
        _log(request, response, time.perf_counter() - begun)
        return response

    return async_middleware if iscoroutinefunction(get_response) else middleware


def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    if request.path.startswith(OTHERS):
        return
    match = request.resolver_match
    instrumentation.annotate(route=match and match.view_name)
    # Who it was is noted only where the page has asked: reading it here would be a query of its own.
    user = request.__dict__.get("_cached_user")
    about = {"user": str(user.pk)} if user is not None and user.pk else {}
    page = match.view_name if match else "?"
    logger.info("%s %s: %d in %.0f ms", request.method, page, response.status_code, seconds * 1000, extra=about)
