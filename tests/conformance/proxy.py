"""A door before the service that adds a key to every request, which the suite cannot; no other byte is changed."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from development.launcher import HOST

PIECE_MAX_BYTES = 64 * 1024
# One request per connection, so that the next one, too, comes through the door and gets its key.
REPLACED = re.compile(rb"^(?:authorization|connection):[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Door:
    """Carries requests to the service that listens on `port`."""

    port: int
    secret: str

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Yield the origin that leads through the door, for as long as the block lasts."""
        server = await asyncio.start_server(self._carry, HOST, 0)
        async with server:
            yield "http://{}:{}".format(*server.sockets[0].getsockname())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one request there and its answer back, whichever way they are cut into pieces."""
        # Either side may go away in the middle of it: some scenarios are about that.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            answer, request = await asyncio.open_connection(HOST, self.port)
            with contextlib.closing(request):
                request.write(self._with_key(head))
                body = asyncio.create_task(_pour(reader, request))
                await _pour(answer, writer)
                body.cancel()

    def _with_key(self, head: bytes) -> bytes:
        line, _, headers = head.partition(b"\r\n")
        key = f"Authorization: Bearer {self.secret}\r\nConnection: close\r\n"
        return line + b"\r\n" + key.encode() + REPLACED.sub(b"", headers)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE_MAX_BYTES):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
