"""Connections of the HTTP client: only to addresses that were checked, with a bound on what the server may send."""

import contextlib
import ssl
from collections.abc import Iterable, Sequence
from typing import Any, Final

import httpcore2

from infrastructure.exceptions import ResponseTooLong
from infrastructure.outbound.addresses import Address

# If an address does not respond in this time, the next one is tried; the last one has the rest of the request's time.
CONNECT_SECONDS: Final = 1.0
ADDRESSES_TRIED: Final = 3
READ_BYTES: Final = 16 * 1024
# Everything but the body: headers, and the lengths of chunks. Many small parts would occupy the event loop.
OVERHEAD_MAX_BYTES: Final = 64 * 1024
# A long body may have more overhead: one byte for this many of its own.
BODY_BYTES_PER_OVERHEAD_BYTE: Final = 32


class BoundedStream(httpcore2.AsyncNetworkStream):
    """A connection that fails when the server sends too much besides the body of the response."""

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream
        self._allowed_bytes = OVERHEAD_MAX_BYTES

    def count_body(self, length: int) -> None:
        """Allow for bytes that have arrived as a part of the body."""
        self._allowed_bytes += length + length // BODY_BYTES_PER_OVERHEAD_BYTE

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 (an interface)
        # All that was read before has been parsed by now.
        if self._allowed_bytes < 0:
            raise ResponseTooLong("The response has too many headers, or chunks that are too short. Use another URL.")
        data = await self._stream.read(min(max_bytes, READ_BYTES), timeout)
        self._allowed_bytes -= len(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 (an interface)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (an interface)
    ) -> httpcore2.AsyncNetworkStream:
        try:
            self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            # The client does not close a connection whose handshake was cancelled, as the deadline does.
            await self.aclose()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class CheckedAddresses(httpcore2.AsyncNetworkBackend):
    """A network that connects to the given addresses and does not resolve the host name again."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 (an interface)
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (an interface)
        local_address: str | None = None,  # noqa: ARG002 (an interface)
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 (an interface)
    ) -> httpcore2.AsyncNetworkStream:
        *others, last = self._addresses[:ADDRESSES_TRIED]
        for address in others:
            with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                return await self._connect(address, port, CONNECT_SECONDS)
        return await self._connect(last, port, timeout)

    async def _connect(self, address: Address, port: int, timeout_seconds: float | None) -> BoundedStream:
        return BoundedStream(await self._network.connect_tcp(str(address), port, timeout_seconds))
