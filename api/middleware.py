"""The middleware of the REST API: what applies to a request without cookies, form or page."""

from typing import Any, Final

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware


class OnEventLoop:
    """Calls the methods of a middleware that doesn't block directly; Django would pass each call to a thread."""

    get_response: Any
    process_request: Any
    process_response: Any

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.process_request(request) or await self.get_response(request)
        processed: HttpResponseBase = self.process_response(request, response)
        return processed


class Security(OnEventLoop, SecurityMiddleware):
    """Redirects to HTTPS."""


class Common(OnEventLoop, CommonMiddleware):
    """Rejects unknown hosts and adds Content-Length."""


MIDDLEWARE: Final = (Security, CorsMiddleware, Common)
