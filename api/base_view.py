"""Base class of all REST views: authentication, rate limit headers, errors and the request log."""

import logging
import time
import uuid
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import Caller
from api import callers, problems, rate_limit_headers, request_parsing
from infrastructure.observability import instrumentation
from infrastructure.schemas import Arguments, parse

logger = logging.getLogger(__name__)

PathArguments = TypeVar("PathArguments", bound=Arguments)


class ApiView(APIView):
    """A Django REST framework view with asynchronous handlers, so that many requests can wait in one process.

    The framework's authentication and throttling hooks are synchronous and stay unused: `authentication.authenticate`
    checks the key and counts the request, as for MCP.
    """

    view_is_async = True
    requires_key = True
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    caller: Caller
    # The image that the request refers to, for the log.
    image_id: uuid.UUID | None = None

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        started = time.perf_counter()
        self.args, self.kwargs, self.headers = args, kwargs, {}
        self.request = self.initialize_request(request, *args, **kwargs)
        caller, rate_limit = None, None
        try:
            if self.requires_key:
                self.caller = caller = await callers.find(request)
                rate_limit = caller.rate_limit
            response: HttpResponseBase = await self._handler()(self.request, *args, **kwargs)
        except Exception as error:
            response = self.error_response(error)
            rate_limit = rate_limit or rate_limit_headers.exhausted(error)
        for name, value in rate_limit_headers.headers(rate_limit).items():
            response[name] = value
        response = self._finalize(response)
        self._log(response, caller, time.perf_counter() - started)
        return response

    def parse_path(self, schema: type[PathArguments], **path: str) -> PathArguments:
        """Return the arguments of a request whose fields are in the path and the query string."""
        return parse(schema, request_parsing.merge_fields(request_parsing.query_fields(self.request), path))

    def error_response(self, error: Exception) -> HttpResponseBase:
        """Return the response for an exception."""
        return problems.response(error, allowed_methods=self.allowed_methods)

    def _handler(self) -> Any:
        method = str(self.request.method).lower()
        handler = getattr(self, method, None) if method in self.http_method_names else None
        if handler is None:
            raise MethodNotAllowed(str(self.request.method))
        if self.requires_key:
            self.caller.require_active()
        return handler

    def _finalize(self, response: HttpResponseBase) -> HttpResponseBase:
        response.setdefault("Cache-Control", "no-store")
        # Stops Django from logging the URL of every error response; _log writes a line without it.
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001
        if isinstance(response, Response):
            # Always JSON, regardless of Accept. Rendered here, because Django would render it in another thread.
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
        log_fields = {name: str(value) for name, value in ids.items() if value is not None}
        match = self.request.resolver_match
        # The route's name instead of the path, which may contain text chosen by the client.
        route = match.view_name if match else "?"
        instrumentation.annotate(route=route)
        logger.info(
            "%s %s: %d in %.0f ms", self.request.method, route, response.status_code, seconds * 1000, extra=log_fields
        )


class UnknownEndpoint(ApiView):
    """Every path below /api/v1/ that is not an endpoint."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head", "options"]
    schema = None

    async def get(self, _request: Request) -> Response:
        raise problems.EndpointNotFound

    post = put = patch = delete = options = get  # type: ignore[assignment]


class UnknownDocument(UnknownEndpoint):
    """Every path below /.well-known/, where clients look for metadata, for example of OAuth. They expect JSON."""

    requires_key = False
