"""A proxy that adds an API key to every request, because the suite cannot. It changes no other byte."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from development.launcher import HOST

CHUNK_MAX_BYTES = 64 * 1024
# The proxy handles one request per connection, so it also replaces the Connection header.
REPLACED_HEADERS = re.compile(rb"^(?:authorization|connection):[^\r]*\r\n", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AuthenticatingProxy:
    """Forwards requests to the service that listens on `port`."""

    port: int
    secret: str

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Run the proxy for the duration of the block and yield its origin."""
        server = await asyncio.start_server(self._forward, HOST, 0)
        async with server:
            yield "http://{}:{}".format(*server.sockets[0].getsockname())

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one request and its response, in chunks of any size."""
        # Either side may disconnect at any time: some scenarios test that.
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            response, request = await asyncio.open_connection(HOST, self.port)
            with contextlib.closing(request):
                request.write(self._with_key(head))
                body = asyncio.create_task(_copy(reader, request))
                await _copy(response, writer)
                body.cancel()

    def _with_key(self, head: bytes) -> bytes:
        line, _, headers = head.partition(b"\r\n")
        key = f"Authorization: Bearer {self.secret}\r\nConnection: close\r\n"
        return line + b"\r\n" + key.encode() + REPLACED_HEADERS.sub(b"", headers)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(CHUNK_MAX_BYTES):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
