"""One call of the REST API from its key to its answer, without a thread of its own, so that many may wait at once."""

import logging
import time
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import authentication
from accounts.authentication import Caller
from api import problems, rate_limit_headers
from infrastructure import instrumentation

logger = logging.getLogger(__name__)


class ApiView(APIView):
    """Django REST framework's view with asynchronous handlers.

    A key is looked up and its request counted by the same statement as MCP's; the framework's own hooks for that are
    synchronous and stay empty.
    """

    view_is_async = True
    needs_key = True
    http_method_names = ["get", "post", "delete", "head"]
    caller: Caller
    # The image that a call is about, once it is known: for the log.
    image_id: uuid.UUID | None = None

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        begun = time.perf_counter()
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = self.initialize_request(request, *args, **kwargs)
        caller, allowance = None, None
        try:
            if self.needs_key:
                self.caller = caller = await _caller(request)
                allowance = caller.allowance
            response: HttpResponseBase = await self._handler()(self.request, *args, **kwargs)
        except Exception as error:
            response = problems.response(error, allowed_methods=self.allowed_methods)
            allowance = allowance or rate_limit_headers.exhausted(error)
        for name, value in rate_limit_headers.headers(allowance).items():
            response[name] = value
        response = self._finished(response)
        self._log(response, caller, time.perf_counter() - begun)
        return response

    def _handler(self) -> Any:
        method = str(self.request.method).lower()
        handler = getattr(self, method, None) if method in self.http_method_names else None
        if handler is None:
            raise MethodNotAllowed(str(self.request.method))
        if self.needs_key:
            self.caller.require_active()
        return handler

    def _finished(self, response: HttpResponseBase) -> HttpResponseBase:
        response.setdefault("Cache-Control", "no-store")
        # Django would log the address of every refusal once more; what it leaves out for this mark is in our own line.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
        if isinstance(response, Response):
            # The one format, whatever the Accept header says; rendered here, where nothing has to be handed over to
            # another thread.
            response.accepted_renderer = JSONRenderer()
            response.accepted_media_type = JSONRenderer.media_type
            response.renderer_context = self.get_renderer_context()  # type: ignore[attr-defined]
            response.render()
        return response

    def _log(self, response: HttpResponseBase, caller: Caller | None, seconds: float) -> None:
        ids = {
            "user": caller and caller.user_id,
            "key": caller and caller.key and caller.key.id,
            "image": self.image_id,
        }
        about = {name: str(value) for name, value in ids.items() if value is not None}
        match = self.request.resolver_match
        # The call's name and not its path: whatever somebody puts into an address stays out of the log.
        call = match.view_name if match else "?"
        instrumentation.annotate(route=call)
        logger.info(
            "%s %s: %d in %.0f ms", self.request.method, call, response.status_code, seconds * 1000, extra=about
        )


class UnknownEndpoint(ApiView):
    """Whatever lies below the API's address and is none of its calls."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    schema = None

    async def get(self, _request: Request) -> Response:
        raise problems.EndpointNotFound

    post = put = patch = delete = options = get  # type: ignore[assignment]


async def _caller(request: HttpRequest) -> Caller:
    return await authentication.authenticate(
        request.headers.get("Authorization"),
        peer=request.META.get("REMOTE_ADDR"),
        forwarded_for=request.headers.get("X-Forwarded-For", ""),
        client=request.headers.get("User-Agent", ""),
    )
