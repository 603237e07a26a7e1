"""The MCP endpoint: who may ask, then what they ask, in the order that section 8 of the specification gives."""

import html
import logging
from typing import Final

import psycopg
from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from mcp_types import INTERNAL_ERROR, JSONRPCNotification

from accounts import authentication
from accounts.authentication import Caller
from accounts.exceptions import MissingKey, RateLimited
from infrastructure import instrumentation
from infrastructure.exceptions import ServiceError, Unavailable
from infrastructure.limits import BODY_MAX_BYTES
from infrastructure.tracebacks import redacted
from mcp_gateway.transport import exchange, http, origins, protocol
from mcp_gateway.transport.http import Request, Response, error_response
from mcp_gateway.transport.protocol import ProtocolRejection
from mcp_gateway.transport.stream import Stream

PATHS: Final = frozenset({"/api/mcp", "/api/mcp/"})

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Get Images: MCP server</title>
<h1>This address is for agents</h1>
<p>It is an MCP server. <a href="{url}">How to connect an agent to it</a></p>
</html>
"""
PAGE_HEADERS: Final = {
    "WWW-Authenticate": "Bearer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
}

INTERNAL_ERROR_ANSWER: Final = http.json_response(
    500, {"jsonrpc": "2.0", "id": None, "error": {"code": INTERNAL_ERROR, "message": "Internal error"}}
)

logger = logging.getLogger(__name__)


async def application(scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer one HTTP request to the MCP endpoint."""
    request = Request.of(scope)
    extra = origins.headers(request)
    stream = Stream(request, send, extra)
    try:
        answer = await _answer(request, receive, stream)
    except http.ClientGone:
        return
    except Exception as error:
        logger.error("a request failed: %s", redacted(error))  # noqa: TRY400
        answer = None if stream.begun else INTERNAL_ERROR_ANSWER
    if answer is not None:
        await answer.send(send, extra=extra)


async def _answer(request: Request, receive: ASGIReceiveCallable, stream: Stream) -> Response | None:
    """Return what to answer, or None when the stream has answered already."""
    by_origin = origins.check(request)
    if by_origin is not None:
        return by_origin
    try:
        caller = await _caller(request)
    except ServiceError as error:
        return _unauthorized(request, error)
    except psycopg.Error as error:
        logger.error("no key can be looked up: %s", redacted(error))  # noqa: TRY400
        away = Unavailable()
        headers = {"Retry-After": str(away.retry_after_seconds)}
        return error_response(away.status, away.code, away.message, headers=headers)
    instrumentation.annotate(user=caller.user_id, key=caller.key and caller.key.id)
    return await _answer_caller(request, caller, receive, stream)


async def _caller(request: Request) -> Caller:
    return await authentication.authenticate(
        request.headers.get("authorization"),
        peer=request.peer,
        forwarded_for=request.forwarded_for,
        client=request.headers.get("user-agent", ""),
    )


def _unauthorized(request: Request, error: ServiceError) -> Response:
    if isinstance(error, MissingKey) and request.method == "GET" and request.accepts("text/html"):
        page = PAGE.format(url=html.escape(f"{settings.SITE_URL}/docs/mcp"))
        return Response(401, page.encode(), "text/html; charset=utf-8", PAGE_HEADERS)
    headers, status = {"WWW-Authenticate": "Bearer"}, error.status
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
        # Clients of the reference service know a used-up limit as 401; settings can make it the usual 429.
        status = settings.MCP_RATE_LIMIT_STATUS
    return error_response(status, error.code, error.message, headers=headers)


async def _answer_caller(
    request: Request, caller: Caller, receive: ASGIReceiveCallable, stream: Stream
) -> Response | None:
    if request.method != "POST":
        hint = "There are no sessions and no stream to resume: send JSON-RPC requests with POST."
        return error_response(405, "method_not_allowed", hint, headers={"Allow": "POST"})
    if not (request.accepts_json or request.accepts_events):
        return error_response(406, "not_acceptable", "Accept application/json, text/event-stream or both.")
    try:
        body = await http.read_body(request, receive)
        message = protocol.parse(body)
        if isinstance(message, JSONRPCNotification):
            protocol.check_notification(request)
            return Response(202)
        asked, connection = protocol.connection(request, message)
    except http.BodyTooLarge:
        allowed = f"A request's body has at most {BODY_MAX_BYTES} bytes."
        return error_response(413, "too_large", allowed, headers={"Connection": "close"})
    except ProtocolRejection as rejection:
        return rejection.answer()
    await exchange.handle(asked, connection, caller, stream=stream, receive=receive)
    return None
