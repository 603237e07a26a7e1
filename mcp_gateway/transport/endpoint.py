"""The ASGI application of an MCP endpoint.

Checks run in this order: repeated headers, CORS preflight and Origin, API key and rate limit, method, Accept,
Content-Type, body size, JSON-RPC message, protocol version, scope of the tool. The body of an unauthenticated request
is never read.
"""

import html
import logging
from dataclasses import dataclass
from typing import Final

import psycopg
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from mcp_types import INTERNAL_ERROR, JSONRPCNotification, JSONRPCRequest

from accounts import authentication
from accounts.authentication import Caller
from accounts.exceptions import InsufficientScope, MissingKey, RateLimited
from infrastructure.exceptions import InvalidArguments, ServiceError, Unavailable
from infrastructure.limits import BODY_MAX_BYTES
from infrastructure.observability import instrumentation
from infrastructure.observability.tracebacks import redacted
from mcp_gateway.transport import challenge, dispatch, http, origins, protocol
from mcp_gateway.transport.http import Request, Response, error_response
from mcp_gateway.transport.methods import Service
from mcp_gateway.transport.protocol import ProtocolError
from mcp_gateway.transport.stream import ResponseStream

BROWSER_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Get Images MCP server</title>
<h1>This is an MCP endpoint</h1>
<p>AI agents connect to this URL. <a href="{url}">Learn how to connect one</a>.</p>
</html>
"""
BROWSER_PAGE_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
}

INTERNAL_ERROR_RESPONSE: Final = http.json_response(
    500, {"jsonrpc": "2.0", "id": None, "error": {"code": INTERNAL_ERROR, "message": "Internal error"}}
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Authenticates requests and dispatches them to the methods of a service."""

    service: Service

    async def __call__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Handle one HTTP request."""
        request = Request.from_scope(scope)
        cors_headers = origins.cors_headers(request)
        stream = ResponseStream(request, send, cors_headers)
        try:
            response = await self._respond(request, receive, stream)
        except http.ClientDisconnected:
            return
        except Exception as error:
            logger.error("a request failed: %s", redacted(error))  # noqa: TRY400
            response = None if stream.started else INTERNAL_ERROR_RESPONSE
        if response is not None:
            await response.send(send, extra_headers=cors_headers)

    async def _respond(self, request: Request, receive: ASGIReceiveCallable, stream: ResponseStream) -> Response | None:
        """Return the response, or None if it was sent through the stream."""
        try:
            request.check_repeated_headers()
        except InvalidArguments as error:
            return error_response(error.status, error.code, error.message)
        origin_response = origins.check(request)
        if origin_response is not None:
            return origin_response
        try:
            caller = await _caller(request)
        except ServiceError as error:
            return _authentication_error(request, error)
        except psycopg.Error as error:
            logger.error("API key lookup failed: %s", redacted(error))  # noqa: TRY400
            unavailable = Unavailable()
            headers = {"Retry-After": str(unavailable.retry_after_seconds)}
            return error_response(unavailable.status, unavailable.code, unavailable.message, headers=headers)
        instrumentation.annotate(user=caller.user_id, key=caller.key and caller.key.id)
        return await self._respond_to_caller(request, caller, receive, stream)

    async def _respond_to_caller(
        self, request: Request, caller: Caller, receive: ASGIReceiveCallable, stream: ResponseStream
    ) -> Response | None:
        header_response = _check_headers(request)
        if header_response is not None:
            return header_response
        try:
            body = await http.read_body(request, receive)
            message = protocol.parse_message(body)
            if isinstance(message, JSONRPCNotification):
                protocol.check_notification_version(request)
                return Response(202)
            rpc_request, connection = protocol.open_connection(self.service, request, message)
        except http.BodyTooLarge:
            too_large = f"The request body is larger than {BODY_MAX_BYTES} bytes."
            return error_response(413, "too_large", too_large, headers={"Connection": "close"})
        except ProtocolError as error:
            return error.to_response()
        try:
            self._check_scope(caller, rpc_request)
        except InsufficientScope as error:
            headers = {"WWW-Authenticate": challenge.for_scope(error.scope)}
            return error_response(error.status, error.code, error.message, headers=headers)
        await dispatch.handle_request(self.service, rpc_request, connection, caller, stream=stream, receive=receive)
        return None

    def _check_scope(self, caller: Caller, request: JSONRPCRequest) -> None:
        """Check that the caller may make the request, before the stream begins: the error is an HTTP status.

        Raises:
            InsufficientScope: The connection lacks the scope that the method or the tool needs.
        """
        scope = self.service.required_scope(request)
        if scope is not None:
            caller.require_scope(scope)


async def _caller(request: Request) -> Caller:
    return await authentication.authenticate(
        request.headers.get("authorization"),
        peer=request.peer,
        forwarded_for=request.forwarded_for,
        client=request.headers.get("user-agent", ""),
        tokens_allowed=True,
    )


def _authentication_error(request: Request, error: ServiceError) -> Response:
    if isinstance(error, MissingKey) and request.method == "GET" and request.accepts_html:
        page = BROWSER_PAGE.format(url=html.escape(f"{settings.SITE_URL}/docs/mcp"))
        headers = {**BROWSER_PAGE_HEADERS, "WWW-Authenticate": challenge.for_error(error)}
        return Response(401, page.encode(), "text/html; charset=utf-8", headers)
    if isinstance(error, RateLimited):
        return _rate_limit_error(request, error)
    return error_response(
        error.status, error.code, error.message, headers={"WWW-Authenticate": challenge.for_error(error)}
    )


def _rate_limit_error(request: Request, error: RateLimited) -> Response:
    headers, status = {"Retry-After": str(error.retry_after_seconds)}, error.status
    # Clients expect 401 when a key exceeds the rate limit; a setting changes it to the usual 429. After a 401 for a
    # token, or with the metadata URL, a client would sign in again.
    if not authentication.has_token(request.headers.get("authorization")):
        headers["WWW-Authenticate"] = "Bearer"
        status = settings.MCP_RATE_LIMIT_STATUS
    return error_response(status, error.code, error.message, headers=headers)


def _check_headers(request: Request) -> Response | None:
    """Return the response to a request whose method or headers are not supported, or None if its body can be read."""
    if request.method != "POST":
        post_only = "This server has no sessions and no resumable streams. Send JSON-RPC requests with POST."
        return error_response(405, "method_not_allowed", post_only, headers={"Allow": "POST"})
    if not (request.accepts_json or request.accepts_events):
        return error_response(406, "not_acceptable", "Accept application/json, text/event-stream or both.")
    if request.media_type != "application/json":
        json_only = "The request body must be JSON. Set the header Content-Type: application/json."
        return error_response(415, "unsupported_media_type", json_only)
    return None
