"""The answer to one JSON-RPC request as it leaves: plain JSON, or events once something has to be said before it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from asgiref.typing import ASGISendCallable

from mcp_gateway.transport.http import HeaderList, Request, head

KEEP_ALIVE = b": still at it\n\n"


class Stream:
    """Sends messages to one client. A client that takes no events gets the last message only."""

    def __init__(self, request: Request, send: ASGISendCallable, extra: HeaderList) -> None:
        self._takes_events = request.accepts_events
        self._takes_json = request.accepts_json
        self._send = send
        self._extra = extra
        self._opened = False
        self._ending = False
        # An event may come from the tool while another one is on its way.
        self._sending = asyncio.Lock()

    @property
    def begun(self) -> bool:
        return self._opened or self._ending

    async def notify(self, message: Mapping[str, Any]) -> None:
        """Send a message before the answer."""
        await self._say(_event(message))

    async def keep_alive(self) -> None:
        """Send something that means nothing, so that nobody on the way takes the connection for dead."""
        # A slow client can take longer over the answer itself; nothing may follow that.
        if not self._ending:
            await self._say(KEEP_ALIVE)

    async def finish(self, message: Mapping[str, Any], *, status: int) -> None:
        """Send the answer, the last message."""
        self._ending = True
        if self._opened or not self._takes_json:
            await self._say(_event(message), more=False)
            return
        body = _encoded(message)
        headers = [*head("application/json", self._extra), (b"content-length", b"%d" % len(body))]
        await self._send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _say(self, event: bytes, *, more: bool = True) -> None:
        if not self._takes_events:
            return
        async with self._sending:
            if not self._opened:
                self._opened = True
                headers = [*head("text/event-stream", self._extra), (b"x-accel-buffering", b"no")]
                await self._send({"type": "http.response.start", "status": 200, "headers": headers, "trailers": False})
            await self._send({"type": "http.response.body", "body": event, "more_body": more})


def _encoded(message: Mapping[str, Any]) -> bytes:
    # Only ASCII leaves: that is valid whatever half characters a client has sent and gets back.
    return json.dumps(message, separators=(",", ":")).encode("ascii")


def _event(message: Mapping[str, Any]) -> bytes:
    return b"event: message\ndata: " + _encoded(message) + b"\n\n"
