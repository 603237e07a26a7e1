"""Connections to the providers: one pool for each event loop, which closes with its loop."""

import asyncio
import functools
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator

import httpx2

# Every call holds a connection for its whole length, and a worker has at most this many calls under way.
MAX_CONNECTIONS = 2000
MAX_IDLE_CONNECTIONS = 100
IDLE_SECONDS = 5
# Several pictures in base64: a deep answer brings its drafts along.
MAX_ANSWER_BYTES = 96 * 1024 * 1024

_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = weakref.WeakKeyDictionary()
_holders: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = weakref.WeakKeyDictionary()


class _LimitedBody(httpx2.AsyncByteStream):
    """The body of an answer, cut off with an error where it becomes larger than any real one."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in self._body:
            received += len(chunk)
            if received > MAX_ANSWER_BYTES:
                raise httpx2.ReadError(f"The answer has more than {MAX_ANSWER_BYTES} bytes")
            yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


async def pool() -> httpx2.AsyncClient:
    """Return the running event loop's pool of connections. Nobody has to close it."""
    loop = asyncio.get_running_loop()
    if loop not in _pools:
        _pools[loop] = _new_pool()
        # A loop that shuts down closes the asynchronous generators that were begun on it, and so the pool.
        _holders[loop] = _hold(_pools[loop])
        await anext(_holders[loop])
    return _pools[loop]


def _new_pool() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        verify=_certificates(),
        limits=httpx2.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS,
        ),
        # Pictures hardly become smaller, and unpacking them would hold up every other call of the loop.
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [_refuse_packed, _limit_body]},
    )


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Reading the system's certificates takes a while, and every loop trusts the same ones.
    return httpx2.create_ssl_context()


async def _refuse_packed(response: httpx2.Response) -> None:
    # What was not asked for can be a bomb: a few kilobytes that unpack to more than there is memory.
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise httpx2.DecodingError("The answer is packed, which was not asked for", request=response.request)


async def _limit_body(response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _LimitedBody(response.stream)


async def _hold(held: httpx2.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        loop = asyncio.get_running_loop()
        _pools.pop(loop, None)
        _holders.pop(loop, None)
        await held.aclose()
