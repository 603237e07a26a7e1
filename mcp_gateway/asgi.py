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
from accounts.exceptions import MissingKey, RateLimited, ServiceError, Unavailable
from config import observing
from config.failures import frames
from mcp_gateway import exchange, origins, protocol, web
from mcp_gateway.protocol import Rejected
from mcp_gateway.stream import Stream
from mcp_gateway.web import Answer, Request, refusal

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

INTERNAL_ERROR_ANSWER: Final = web.json_answer(
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
    except web.ClientGone:
        return
    except Exception as error:
        logger.error("a request failed: %s", frames(error))  # noqa: TRY400
        answer = None if stream.begun else INTERNAL_ERROR_ANSWER
    if answer is not None:
        await answer.send(send, extra=extra)


async def _answer(request: Request, receive: ASGIReceiveCallable, stream: Stream) -> Answer | None:
    """Return what to answer, or None when the stream has answered already."""
    by_origin = origins.check(request)
    if by_origin is not None:
        return by_origin
    try:
        caller = await _caller(request)
    except ServiceError as error:
        return _unauthorized(request, error)
    except psycopg.Error as error:
        logger.error("no key can be looked up: %s", frames(error))  # noqa: TRY400
        away = Unavailable()
        headers = {"Retry-After": str(away.retry_after_seconds)}
        return refusal(away.status, away.code, away.message, headers=headers)
    observing.note(user=caller.user_id, key=caller.key and caller.key.id)
    return await _answer_caller(request, caller, receive, stream)


async def _caller(request: Request) -> Caller:
    address = authentication.client_address(
        request.peer, request.forwarded_for, trusted_proxies=settings.TRUSTED_PROXIES
    )
    return await authentication.authenticate(
        request.headers.get("authorization"), address=address, client=request.headers.get("user-agent", "")
    )


def _unauthorized(request: Request, error: ServiceError) -> Answer:
    if isinstance(error, MissingKey) and request.method == "GET" and request.accepts("text/html"):
        page = PAGE.format(url=html.escape(f"{settings.SITE_URL}/docs/mcp"))
        return Answer(401, page.encode(), "text/html; charset=utf-8", PAGE_HEADERS)
    headers, status = {"WWW-Authenticate": "Bearer"}, error.status
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
        # Clients of the reference service know a used-up limit as 401; settings can make it the usual 429.
        status = settings.MCP_RATE_LIMIT_STATUS
    return refusal(status, error.code, error.message, headers=headers)


async def _answer_caller(
    request: Request, caller: Caller, receive: ASGIReceiveCallable, stream: Stream
) -> Answer | None:
    if request.method != "POST":
        hint = "There are no sessions and no stream to resume: send JSON-RPC requests with POST."
        return refusal(405, "method_not_allowed", hint, headers={"Allow": "POST"})
    if not (request.accepts_json or request.accepts_events):
        return refusal(406, "not_acceptable", "Accept application/json, text/event-stream or both.")
    try:
        body = await web.read_body(request, receive)
        message = protocol.parse(body)
        if isinstance(message, JSONRPCNotification):
            protocol.check_notification(request)
            return Answer(202)
        asked, connection = protocol.connection(request, message)
    except web.BodyTooLarge:
        allowed = f"A request's body has at most {web.BODY_MAX_BYTES} bytes."
        return refusal(413, "too_large", allowed, headers={"Connection": "close"})
    except Rejected as rejection:
        return rejection.answer()
    await exchange.answer(asked, connection, caller, stream=stream, receive=receive)
    return None
