"""One line in the log for each page that is asked for: by its name and not its address, which may hold anything."""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

logger = logging.getLogger(__name__)

# The API's calls have a line of their own, with their key.
API = "/api/v1/"


def log_pages(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Return the middleware that writes it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = get_response(request)
        if not request.path.startswith(API):
            match = request.resolver_match
            milliseconds = (time.perf_counter() - begun) * 1000
            about = {"user": str(request.user.pk)} if hasattr(request, "user") and request.user.pk else {}
            page = match.view_name if match else "?"
            logger.info("%s %s: %d in %.0f ms", request.method, page, response.status_code, milliseconds, extra=about)
        return response

    return middleware
