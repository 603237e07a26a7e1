"""Parse JSON-RPC messages and determine the protocol version of each request."""

import json
from collections.abc import Mapping
from typing import Any, Final

from mcp.server.connection import Connection
from mcp.shared.inbound import (
    ERROR_CODE_HTTP_STATUS,
    MCP_NAME_HEADER,
    MCP_PARAM_HEADER_PREFIX,
    MCP_PROTOCOL_VERSION_HEADER,
    InboundLadderRejection,
    classify_inbound_request,
    decode_header_value,
    find_duplicated_routing_header,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
    x_mcp_header_map,
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
from mcp_gateway.transport.methods import Service

HANDSHAKE_VERSIONS: Final = ("2025-03-26", "2025-06-18", "2025-11-25")
VERSIONS: Final = (*HANDSHAKE_VERSIONS, *MODERN_PROTOCOL_VERSIONS)

# Above this, not every integer is a double, the number format of most JSON programs.
EXACT_INTEGER_MAX: Final = 2**53


class ProtocolError(Exception):
    """The body is not a request that this server supports. Carries the JSON-RPC error of the response."""

    def __init__(self, code: int, message: str, *, data: Any = None, request_id: RequestId | None = None) -> None:
        self.code = code
        self.data = data
        self.request_id = request_id
        super().__init__(message)

    @classmethod
    def from_rejection(cls, rejection: InboundLadderRejection, request_id: RequestId | None) -> "ProtocolError":
        return cls(rejection.code, rejection.message, data=rejection.data, request_id=request_id)

    def to_response(self) -> Response:
        """Return the error as an HTTP response; codes without an HTTP status of their own become 400."""
        error: dict[str, Any] = {"code": self.code, "message": str(self)}
        if self.data is not None:
            error["data"] = self.data
        return json_response(
            ERROR_CODE_HTTP_STATUS.get(self.code, 400), {"jsonrpc": "2.0", "id": self.request_id, "error": error}
        )


def _reject_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _parse_number(text: str) -> int | float:
    """Return a number with a decimal point or exponent. JSON and JSON Schema count 5.0 as an integer."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= EXACT_INTEGER_MAX else number


_decoder = json.JSONDecoder(parse_float=_parse_number, parse_constant=_reject_constant)


def parse_message(body: bytes) -> JSONRPCRequest | JSONRPCNotification:
    """Return the JSON-RPC message in a request body.

    Raises:
        ProtocolError: The body is not valid JSON, or not a single request or notification (a batch, for example).
    """
    try:
        decoded = _decoder.decode(body.decode())
    except (ValueError, RecursionError):
        raise ProtocolError(PARSE_ERROR, "Parse error") from None
    # In JSON-RPC a message without the member "id" is a notification, and one with an invalid "id" is an error.
    message_class = JSONRPCNotification if isinstance(decoded, dict) and "id" not in decoded else JSONRPCRequest
    try:
        return message_class.model_validate(decoded)
    except ValidationError:
        message = "The body must be one JSON-RPC request or notification"
        raise ProtocolError(INVALID_REQUEST, message, request_id=_request_id(decoded)) from None


def _request_id(decoded: Any) -> RequestId | None:
    """Return the id of an invalid request, so that its client can match the error to it; None if it has none."""
    request_id = decoded.get("id") if isinstance(decoded, dict) else None
    return request_id if isinstance(request_id, str | int) and not isinstance(request_id, bool) else None


def check_notification_version(request: Request) -> None:
    """Check the protocol version of a notification. Notifications are accepted and otherwise ignored.

    Raises:
        ProtocolError: The version is not supported.
    """
    _check_version(request.headers.get(MCP_PROTOCOL_VERSION_HEADER) or LATEST_HANDSHAKE_VERSION, None)


def open_connection(service: Service, request: Request, message: JSONRPCRequest) -> tuple[JSONRPCRequest, Connection]:
    """Return the request for the SDK, and a connection with its protocol version already negotiated.

    Since 2026-07-28 each request carries an envelope with version and capabilities. Earlier versions negotiate them
    in a handshake; this server has no sessions, so it assumes that the handshake took place.

    Raises:
        ProtocolError: Headers and body contradict each other, or the version is not supported.
    """
    duplicated = find_duplicated_routing_header(request.header_lines)
    if duplicated:
        raise ProtocolError(HEADER_MISMATCH, f"{duplicated} header appears more than once", request_id=message.id)
    version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER)
    has_envelope = _has_envelope(message.params)
    if message.method == "initialize" and not has_envelope:
        # The handshake negotiates the version in its body; the version in the header is ignored.
        return _negotiate_version(message)
    if version in MODERN_PROTOCOL_VERSIONS or has_envelope:
        return message, _envelope_connection(service, request, message)
    # A request without a version may come from a 2025-03-26 client, which ignores fields added later, or from curl,
    # where those fields are useful. Both receive the response of the latest handshake version.
    version = version or LATEST_HANDSHAKE_VERSION
    _check_version(version, message.id)
    return message, Connection.from_envelope(version, None, None)


def _envelope_connection(service: Service, request: Request, message: JSONRPCRequest) -> Connection:
    body = {"method": message.method, "params": message.params}
    classification = classify_inbound_request(body, headers=request.headers)
    if isinstance(classification, InboundLadderRejection):
        raise ProtocolError.from_rejection(classification, message.id)
    _check_name_header(service, request, message)
    _check_argument_headers(service, request, message)
    return Connection.from_envelope(
        classification.protocol_version, classification.client_info, classification.client_capabilities
    )


def _check_name_header(service: Service, request: Request, message: JSONRPCRequest) -> None:
    """Check Mcp-Name for methods of extensions; the SDK checks it for its own methods."""
    name = service.name_parameter(message.method)
    value = (message.params or {}).get(name) if name is not None else None
    if value is not None and decode_header_value(request.headers.get(MCP_NAME_HEADER)) != value:
        error = f"{MCP_NAME_HEADER} header does not match the request body's {name!r} parameter"
        raise ProtocolError(HEADER_MISMATCH, error, request_id=message.id)


def _check_argument_headers(service: Service, request: Request, message: JSONRPCRequest) -> None:
    """Check that the headers of a tool call repeat the arguments that the tool's schema marks with x-mcp-header."""
    parameters = message.params or {}
    name, arguments = parameters.get("name"), parameters.get("arguments")
    schema = service.header_schemas.get(name) if message.method == "tools/call" and isinstance(name, str) else None
    if schema is None:
        return
    expected = {f"{MCP_PARAM_HEADER_PREFIX}{token}".lower() for token in x_mcp_header_map(schema).values()}
    lines = [line_name for line_name, _ in request.header_lines if line_name in expected]
    repeated = next((line_name for line_name in lines if lines.count(line_name) > 1), None)
    if repeated is not None:
        raise ProtocolError(HEADER_MISMATCH, f"{repeated} header appears more than once", request_id=message.id)
    rejection = validate_mcp_param_headers(schema, arguments if isinstance(arguments, dict) else {}, request.headers)
    if rejection is not None:
        raise ProtocolError.from_rejection(rejection, message.id)


def _has_envelope(parameters: Mapping[str, Any] | None) -> bool:
    meta = (parameters or {}).get("_meta")
    return isinstance(meta, dict) and PROTOCOL_VERSION_META_KEY in meta


def _check_version(version: str, request_id: RequestId | None) -> None:
    rejection = unsupported_protocol_version_rejection(version, VERSIONS)
    if rejection:
        raise ProtocolError.from_rejection(rejection, request_id)


def _negotiate_version(message: JSONRPCRequest) -> tuple[JSONRPCRequest, Connection]:
    """Return the initialize request with a supported version: the requested one if possible, else the latest.

    The SDK rejects a request whose version is missing or is not a string.
    """
    parameters = message.params or {}
    requested = parameters.get("protocolVersion")
    version = requested if requested in HANDSHAKE_VERSIONS else LATEST_HANDSHAKE_VERSION
    if isinstance(requested, str):
        message = message.model_copy(update={"params": {**parameters, "protocolVersion": version}})
    return message, Connection.from_envelope(version, None, None)
