"""Requests to the MCP endpoint without a socket, for tests that send thousands of them."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from mcp_gateway.asgi import application
from tests.mcp_gateway.agent import ENVELOPE


@dataclass
class Response:
    """The status and the whole body of a response."""

    status: int = 0
    body: bytes = b""


@dataclass
class InProcessAgent:
    """An MCP client with an API key that calls the ASGI application on the present event loop."""

    key: str
    headers: dict[str, str] = field(default_factory=dict)

    async def post(self, body: bytes, headers: dict[str, str]) -> Response:
        sent = {
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            "authorization": f"Bearer {self.key}",
            **headers,
        }
        lines = [(name.lower().encode(), value.encode("utf-8", "replace")) for name, value in sent.items()]
        scope: Any = {
            "type": "http",
            "method": "POST",
            "path": "/api/mcp",
            "headers": lines,
            "client": ["127.0.0.1", 1],
        }
        response, bodies = Response(), [body]

        async def receive() -> Any:
            if not bodies:
                # The client stays connected.
                await asyncio.get_running_loop().create_future()
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                response.status = message["status"]
            else:
                response.body += message["body"]

        await application(scope, receive, send)
        return response

    async def send(self, method: str, parameters: Any, *, version: str) -> Response:
        """Send a request in this protocol version, with correct routing headers."""
        headers = {"mcp-protocol-version": version}
        if version >= "2026":
            headers["mcp-method"] = method
            if isinstance(parameters, dict):
                parameters = {**parameters, "_meta": ENVELOPE}
                name = parameters.get("name", parameters.get("uri"))
                headers |= {"mcp-name": name} if isinstance(name, str) and name.isascii() else {}
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        return await self.post(json.dumps(message).encode(), headers)
