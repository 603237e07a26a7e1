"""The response to one JSON-RPC request: plain JSON, or an event stream if messages precede the result."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from asgiref.typing import ASGISendCallable

from infrastructure import json_bytes
from mcp_gateway.transport.http import HeaderList, Request, base_headers

KEEP_ALIVE: Final = b": keep-alive\n\n"


class ResponseStream:
    """Sends messages to one client. A client that does not accept events receives only the last message."""

    def __init__(self, request: Request, send: ASGISendCallable, extra_headers: HeaderList) -> None:
        self._accepts_events = request.accepts_events
        self._accepts_json = request.accepts_json
        self._send = send
        self._extra_headers = extra_headers
        self._headers_sent = False
        self._finishing = False
        # The handler may send a notification while a keep-alive is being sent.
        self._send_lock = asyncio.Lock()

    @property
    def started(self) -> bool:
        return self._headers_sent or self._finishing

    async def notify(self, message: Mapping[str, Any]) -> None:
        """Send a message before the result."""
        await self._send_event(_encode_event(message))

    async def keep_alive(self) -> None:
        """Send a comment, so that no proxy closes the connection as idle."""
        # The result may still be in transit to a slow client; nothing may follow it.
        if not self._finishing:
            await self._send_event(KEEP_ALIVE)

    async def finish(self, message: Mapping[str, Any], *, status: int) -> None:
        """Send the result or error, the last message."""
        self._finishing = True
        if self._headers_sent or not self._accepts_json:
            await self._send_event(_encode_event(message), more_body=False)
            return
        body = json_bytes.encode(message)
        headers = [*base_headers("application/json", self._extra_headers), (b"content-length", b"%d" % len(body))]
        await self._send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _send_event(self, event: bytes, *, more_body: bool = True) -> None:
        if not self._accepts_events:
            return
        async with self._send_lock:
            if not self._headers_sent:
                self._headers_sent = True
                headers = [*base_headers("text/event-stream", self._extra_headers), (b"x-accel-buffering", b"no")]
                await self._send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": False})
            await self._send({"type": "http.response.body", "body": event, "more_body": more_body})


def _encode_event(message: Mapping[str, Any]) -> bytes:
    return b"event: message\ndata: " + json_bytes.encode(message) + b"\n\n"
