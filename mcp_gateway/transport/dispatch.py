"""Dispatch one JSON-RPC request to the MCP server while keeping its HTTP connection alive."""

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
from mcp.shared.exceptions import MCPError, NoBackChannelError
from mcp.shared.inbound import ERROR_CODE_HTTP_STATUS
from mcp.shared.jsonrpc_dispatcher import handler_exception_to_error_data, progress_token_from_params
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, ErrorData, JSONRPCRequest, ProgressToken, RequestId
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from accounts.authentication import Caller
from infrastructure.observability.tracebacks import redacted
from mcp_gateway.transport.methods import Service
from mcp_gateway.transport.stream import ResponseStream

# Interval without a response after which a keep-alive is sent: the specification allows at most 15 seconds of silence.
KEEP_ALIVE_SECONDS = 10.0
DISCONNECT_WATCH_DELAY_SECONDS: Final = 0.05

TRANSPORT: Final = TransportContext(kind="streamable-http", can_send_request=False)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class StreamDispatchContext:
    """The SDK's `DispatchContext` for one request: it sends notifications through the response stream."""

    stream: ResponseStream
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
        params = {"progressToken": self.progress_token, "progress": progress, "total": total, "message": message}
        await self.notify(
            "notifications/progress", {name: value for name, value in params.items() if value is not None}
        )


async def handle_request(
    service: Service,
    request: JSONRPCRequest,
    connection: Connection,
    caller: Caller,
    *,
    stream: ResponseStream,
    receive: ASGIReceiveCallable,
) -> None:
    """Handle a request and send its response. If the client disconnects first, cancel the handler."""
    handler = asyncio.create_task(_serve(service, request, connection, caller, stream))
    try:
        # Most requests finish so quickly that watching for a disconnect would cost more than it saves.
        await asyncio.wait({handler}, timeout=DISCONNECT_WATCH_DELAY_SECONDS)
        is_connected = handler.done() or await _keep_alive(handler, stream, receive)
        if is_connected:
            await handler
    finally:
        if not handler.done():
            handler.cancel()
            await asyncio.gather(handler, return_exceptions=True)


async def _keep_alive(handler: asyncio.Task[None], stream: ResponseStream, receive: ASGIReceiveCallable) -> bool:
    """Send keep-alives until the handler is done. Return False if the client disconnects first."""
    disconnect = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        while not handler.done():
            await asyncio.wait({handler, disconnect}, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if disconnect.done():
                return False
            if not handler.done():
                await stream.keep_alive()
        return True
    finally:
        disconnect.cancel()
        await asyncio.gather(disconnect, return_exceptions=True)


async def _wait_for_disconnect(receive: ASGIReceiveCallable) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _serve(
    service: Service, request: JSONRPCRequest, connection: Connection, caller: Caller, stream: ResponseStream
) -> None:
    context = StreamDispatchContext(
        stream=stream,
        request_id=request.id,
        message_metadata=ServerMessageMetadata(request_context=caller),
        progress_token=progress_token_from_params(request.params),
    )
    try:
        _check_progress_token(request.params)
        result = await serve_one(
            service.sdk_server, context, request.method, request.params, connection=connection, lifespan_state=None
        )
    except Exception as error:
        error_data = _error_data(error, request.method)
        message = {"jsonrpc": "2.0", "id": request.id, "error": error_data.model_dump(mode="json", exclude_none=True)}
        await stream.finish(message, status=_http_status(error_data.code, connection.protocol_version))
    else:
        await stream.finish({"jsonrpc": "2.0", "id": request.id, "result": result}, status=200)


def _check_progress_token(parameters: Mapping[str, Any] | None) -> None:
    # The SDK ignores an invalid token, and the client would wait for progress in vain.
    meta = (parameters or {}).get("_meta")
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    if isinstance(token, bool) or not isinstance(token, str | int | None):
        raise MCPError(INVALID_PARAMS, "progressToken must be a string or an integer")


def _error_data(error: Exception, method: str) -> ErrorData:
    error_data = handler_exception_to_error_data(error)
    if error_data is None:
        logger.error("method %.60r failed: %s", method, redacted(error))
        return ErrorData(code=INTERNAL_ERROR, message="Internal error")
    return error_data


def _http_status(code: int, protocol_version: str) -> int:
    # Before 2026-07-28, JSON-RPC errors were sent with HTTP status 200: a 404 would mean that the session has ended.
    if protocol_version not in MODERN_PROTOCOL_VERSIONS:
        return 200
    return ERROR_CODE_HTTP_STATUS.get(code, 200)
