"""One JSON-RPC request from the moment it is understood until it is answered or its client has gone."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import anyio
from asgiref.typing import ASGIReceiveCallable
from mcp.server.connection import Connection
from mcp.server.runner import serve_one
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp.shared.jsonrpc_dispatcher import handler_exception_to_error_data, progress_token_from_params
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import INTERNAL_ERROR, ErrorData, JSONRPCRequest, ProgressToken, RequestId
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from accounts.authentication import Caller
from infrastructure.tracebacks import redacted
from mcp_gateway.server import SERVER
from mcp_gateway.transport.stream import Stream

# After this long without a word an answer becomes a stream that says something, then says it again and again.
SILENCE_SECONDS = 10.0
PROMPT_SECONDS = 0.05

TRANSPORT: Final = TransportContext(kind="streamable-http", can_send_request=False)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Channel:
    """The way back to the client while its request is handled, in the shape that the SDK asks for."""

    stream: Stream
    request_id: RequestId
    message_metadata: ServerMessageMetadata
    progress_token: ProgressToken | None
    transport: TransportContext = TRANSPORT
    can_send_request: bool = False
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,  # noqa: ARG002
        opts: CallOptions | None = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        raise NoBackChannelError(method)

    async def notify(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: CallOptions | None = None,  # noqa: ARG002
    ) -> None:
        await self.stream.notify({"jsonrpc": "2.0", "method": method, "params": dict(params or {})})

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        if self.progress_token is None:
            return
        facts = {"progressToken": self.progress_token, "progress": progress, "total": total, "message": message}
        await self.notify("notifications/progress", {name: value for name, value in facts.items() if value is not None})


async def handle(
    request: JSONRPCRequest, connection: Connection, caller: Caller, *, stream: Stream, receive: ASGIReceiveCallable
) -> None:
    """Handle the request and send its answer, unless the client goes away first: then nobody waits any longer."""
    handling = asyncio.create_task(_handle(request, connection, caller, stream))
    try:
        # Most answers are there so soon that listening for the client's leaving would cost more than it could save.
        await asyncio.wait({handling}, timeout=PROMPT_SECONDS)
        if handling.done() or await _accompany(handling, stream, receive):
            await handling
    finally:
        if not handling.done():
            handling.cancel()
            await asyncio.gather(handling, return_exceptions=True)


async def _accompany(handling: asyncio.Task[None], stream: Stream, receive: ASGIReceiveCallable) -> bool:
    """Keep the stream alive until the request is handled, or its client has gone: then return false."""
    gone = asyncio.create_task(_gone(receive))
    try:
        while not handling.done():
            await asyncio.wait({handling, gone}, timeout=SILENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                return False
            if not handling.done():
                await stream.keep_alive()
        return True
    finally:
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)


async def _gone(receive: ASGIReceiveCallable) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _handle(request: JSONRPCRequest, connection: Connection, caller: Caller, stream: Stream) -> None:
    channel = Channel(
        stream=stream,
        request_id=request.id,
        message_metadata=ServerMessageMetadata(request_context=caller),
        progress_token=progress_token_from_params(request.params),
    )
    try:
        result = await serve_one(
            SERVER, channel, request.method, request.params, connection=connection, lifespan_state=None
        )
    except Exception as error:
        problem = _problem(error, request.method)
        facts = problem.model_dump(mode="json", exclude_none=True)
        message = {"jsonrpc": "2.0", "id": request.id, "error": facts}
        await stream.finish(message, status=_status(problem.code, connection.protocol_version))
    else:
        await stream.finish({"jsonrpc": "2.0", "id": request.id, "result": result}, status=200)


def _problem(error: Exception, method: str) -> ErrorData:
    known = handler_exception_to_error_data(error)
    if known is None:
        logger.error("method %.60r failed: %s", method, redacted(error))
        return ErrorData(code=INTERNAL_ERROR, message="Internal error")
    return known


def _status(code: int, protocol_version: str) -> int:
    # Before 2026-07-28 an HTTP status spoke of the transport alone: 404, above all, would mean a session that is over.
    return ERROR_CODE_HTTP_STATUS.get(code, 200) if protocol_version in MODERN_PROTOCOL_VERSIONS else 200
