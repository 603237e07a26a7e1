"""What a request's body says, and which protocol version it speaks: between bytes and the SDK."""

import json
from collections.abc import Mapping
from typing import Any, Final

from mcp.server.connection import Connection
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    classify_inbound_request,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
)
from mcp_types import (
    HEADER_MISMATCH,
    INVALID_REQUEST,
    PARSE_ERROR,
    PROTOCOL_VERSION_META_KEY,
    JSONRPCNotification,
    JSONRPCRequest,
    RequestId,
)
from mcp_types.version import LATEST_HANDSHAKE_VERSION, MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from mcp_gateway.transport.http import Request, Response, json_response

HANDSHAKE_VERSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
VERSIONS: Final = (*HANDSHAKE_VERSIONS, *MODERN_PROTOCOL_VERSIONS)


class ProtocolRejection(Exception):
    """A body that is no request that we serve, with the JSON-RPC error that says why."""

    def __init__(self, code: int, message: str, *, data: Any = None, request_id: RequestId | None = None) -> None:
        self.code = code
        self.data = data
        self.request_id = request_id
        super().__init__(message)

    @classmethod
    def by_ladder(cls, rejection: InboundLadderRejection, request_id: RequestId | None) -> "ProtocolRejection":
        return cls(rejection.code, rejection.message, data=rejection.data, request_id=request_id)

    def answer(self) -> Response:
        """Return the error as it is sent; before there is a request, every kind is a plain 400."""
        error: dict[str, Any] = {"code": self.code, "message": str(self)}
        if self.data is not None:
            error["data"] = self.data
        return json_response(
            ERROR_CODE_HTTP_STATUS.get(self.code, 400), {"jsonrpc": "2.0", "id": self.request_id, "error": error}
        )


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def parse(body: bytes) -> JSONRPCRequest | JSONRPCNotification:
    """Return the message that a body holds.

    Raises:
        Rejected: It is no JSON, or not one request or notification: a batch, an answer, something else.
    """
    try:
        decoded = _decoder.decode(body.decode())
    except (ValueError, RecursionError):
        raise ProtocolRejection(PARSE_ERROR, "Parse error") from None
    # By JSON-RPC a message without the member "id" is a notification, and one with a bad "id" is an error.
    kind = JSONRPCNotification if isinstance(decoded, dict) and "id" not in decoded else JSONRPCRequest
    try:
        return kind.model_validate(decoded)
    except ValidationError:
        raise ProtocolRejection(INVALID_REQUEST, "The body must be one JSON-RPC request or notification") from None


def check_notification(request: Request) -> None:
    """Let a notification pass that speaks a version we serve; nothing more is done with it.

    Raises:
        Rejected: It speaks another version.
    """
    _check_version(request.headers.get(MCP_PROTOCOL_VERSION_HEADER) or LATEST_HANDSHAKE_VERSION, None)


def connection(request: Request, message: JSONRPCRequest) -> tuple[JSONRPCRequest, Connection]:
    """Return the request, ready for the SDK, and a connection that is born knowing its protocol version.

    Since 2026-07-28 each request says everything itself. Before, there was a handshake; without sessions, whoever
    does not shake hands is taken for one who did.

    Raises:
        Rejected: It contradicts itself, or speaks a version that we do not serve.
    """
    duplicated = find_duplicated_routing_header(request.header_lines)
    if duplicated:
        raise ProtocolRejection(HEADER_MISMATCH, f"{duplicated} header appears more than once", request_id=message.id)
    version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER)
    if version in MODERN_PROTOCOL_VERSIONS or _has_envelope(message.params):
        return message, _connection_by_envelope(request, message)
    # A client that names no version may be one of 2025-03-26, which can ignore what later ones added, or a person
    # with curl, who wants to see it.
    version = version or LATEST_HANDSHAKE_VERSION
    _check_version(version, message.id)
    if message.method == "initialize":
        message, version = _negotiated(message)
    return message, Connection.from_envelope(version, None, None)


def _connection_by_envelope(request: Request, message: JSONRPCRequest) -> Connection:
    body = {"method": message.method, "params": message.params}
    verdict = classify_inbound_request(body, headers=request.headers)
    if isinstance(verdict, InboundLadderRejection):
        raise ProtocolRejection.by_ladder(verdict, message.id)
    return Connection.from_envelope(verdict.protocol_version, verdict.client_info, verdict.client_capabilities)


def _has_envelope(parameters: Mapping[str, Any] | None) -> bool:
    meta = (parameters or {}).get("_meta")
    return isinstance(meta, dict) and PROTOCOL_VERSION_META_KEY in meta


def _check_version(version: str, request_id: RequestId | None) -> None:
    rejection = unsupported_protocol_version_rejection(version, VERSIONS)
    if rejection:
        raise ProtocolRejection.by_ladder(rejection, request_id)


def _negotiated(message: JSONRPCRequest) -> tuple[JSONRPCRequest, str]:
    """Return the request with a version that we serve: the client's own if possible, else our latest."""
    parameters = message.params or {}
    asked = parameters.get("protocolVersion")
    if not isinstance(asked, str) or asked in HANDSHAKE_VERSIONS:
        return message, asked or LATEST_HANDSHAKE_VERSION
    parameters = {**parameters, "protocolVersion": LATEST_HANDSHAKE_VERSION}
    return message.model_copy(update={"params": parameters}), LATEST_HANDSHAKE_VERSION
