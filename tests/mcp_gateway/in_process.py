"""Requests to the MCP methods without HTTP and authentication, for tests that send thousands of them."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from mcp_types import JSONRPCRequest

from accounts.authentication import Caller
from mcp_gateway.server import SERVICE
from mcp_gateway.transport import dispatch, protocol
from mcp_gateway.transport.http import Request
from mcp_gateway.transport.protocol import ProtocolError
from mcp_gateway.transport.stream import ResponseStream
from tests.mcp_gateway.agent import ENVELOPE


@dataclass
class Response:
    """The status and the whole body of a response."""

    status: int = 0
    body: bytes = b""

    async def send(self, message: Any) -> None:
        """Receive an ASGI message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message["body"]


async def send(caller: Caller, method: str, parameters: Any, *, version: str) -> Response:
    """Send a request in this protocol version, with routing headers that match it."""
    headers = {"accept": "application/json", "mcp-protocol-version": version}
    if version >= "2026":
        headers["mcp-method"] = method
        if isinstance(parameters, dict):
            parameters = {**parameters, "_meta": ENVELOPE}
            name = parameters.get("name", parameters.get("uri"))
            headers |= {"mcp-name": name} if isinstance(name, str) else {}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
    request = Request("POST", headers, list(headers.items()), None)
    response = Response()
    try:
        message = protocol.parse_message(body)
        assert isinstance(message, JSONRPCRequest)
        message, connection = protocol.open_connection(SERVICE, request, message)
    except ProtocolError as error:
        rejection = error.to_response()
        return Response(rejection.status, rejection.body)
    stream = ResponseStream(request, response.send, [])
    await dispatch.handle_request(SERVICE, message, connection, caller, stream=stream, receive=_stay_connected)
    return response


async def _stay_connected() -> Any:
    await asyncio.get_running_loop().create_future()
