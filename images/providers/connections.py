"""HTTP connections to the providers: one pool per event loop, closed together with its loop."""

import asyncio
import contextlib
import functools
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import aiohttp
import httpx2
from openai import DefaultAioHttpClient

from images.providers import base64_files

# A call holds its connection until it ends, so this limits the calls that a worker can have in progress.
MAX_CONNECTIONS = 2000
# Several pictures in base64: with deep thinking a response includes drafts.
MAX_RESPONSE_BYTES = 96 * 1024 * 1024
# Each response is kept in memory until its picture is decoded. Connections that wait for their turn are slowed by TCP.
RESPONSES_AT_ONCE = 16
# Then a response is received out of turn: others that stall must not block it.
TURN_MAX_SECONDS = 30.0

_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, httpx2.AsyncClient] = weakref.WeakKeyDictionary()
_closers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = weakref.WeakKeyDictionary()


class LimitedBody(httpx2.AsyncByteStream):
    """The body of a response. It waits for its turn, and raises an error when it exceeds the size of any real one."""

    def __init__(self, body: httpx2.AsyncByteStream, turns: asyncio.Semaphore) -> None:
        self._body = body
        self._turns = turns

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async with _turn(self._turns):
            async for chunk in self._body:
                received += len(chunk)
                if received > MAX_RESPONSE_BYTES:
                    raise httpx2.ReadError(f"The response has more than {MAX_RESPONSE_BYTES} bytes")
                yield chunk

    async def aclose(self) -> None:
        await self._body.aclose()


@contextlib.asynccontextmanager
async def _turn(turns: asyncio.Semaphore) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(TURN_MAX_SECONDS):
            await turns.acquire()
    except TimeoutError:
        yield
        return
    try:
        yield
    finally:
        turns.release()


class ProviderClient(DefaultAioHttpClient):
    """An HTTP client over aiohttp, which parses responses in C: a picture is megabytes of base64."""

    def _init_transport(self, *arguments: Any, **options: Any) -> Any:
        return _for_single_calls(super()._init_transport(*arguments, **options))

    def _init_proxy_transport(self, *arguments: Any, **options: Any) -> Any:
        return _for_single_calls(super()._init_proxy_transport(*arguments, **options))

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send a request with its pictures. A broken connection is a NetworkError; the transport reports a timeout."""
        try:
            return await super().send(base64_files.fill_in(request), **options)
        except httpx2.ConnectTimeout as error:
            if isinstance(error.__cause__, TimeoutError):
                raise
            raise httpx2.NetworkError(str(error), request=request) from error.__cause__
        except aiohttp.ClientError as error:
            # The transport doesn't convert all errors: these are of responses that are not HTTP.
            raise httpx2.RemoteProtocolError(type(error).__name__, request=request) from error


def _for_single_calls(transport: Any) -> Any:
    """Make a transport open a connection for each call.

    aiohttp takes whatever arrives on an idle connection for the response to the next call: it could be the picture of
    another user. A connection that the server closes at the moment of the next call would cost one of its attempts.
    """
    transport.client = functools.partial(_new_session, transport.ssl_context)
    return transport


def _new_session(certificates: ssl.SSLContext) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, ssl=certificates, force_close=True)
    return aiohttp.ClientSession(connector=connector)


async def pool() -> httpx2.AsyncClient:
    """Return the running event loop's connection pool, which closes itself when the loop ends."""
    loop = asyncio.get_running_loop()
    if loop not in _pools:
        _pools[loop] = _new_pool()
        # asyncio closes a loop's asynchronous generators when the loop shuts down; this one then closes the pool.
        _closers[loop] = _close_with_loop(_pools[loop])
        await anext(_closers[loop])
    return _pools[loop]


def _new_pool() -> httpx2.AsyncClient:
    limit_body = functools.partial(_limit_body, asyncio.Semaphore(RESPONSES_AT_ONCE))
    return ProviderClient(
        verify=_certificates(),
        # Pictures hardly shrink, and decompression would block the other calls on the loop.
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        event_hooks={"response": [_reject_compressed, limit_body]},
    )


@functools.cache
def _certificates() -> ssl.SSLContext:
    # Loading the system's certificates is slow, and all loops can share them.
    return httpx2.create_ssl_context()


async def _reject_compressed(response: httpx2.Response) -> None:
    # An unrequested compressed body can be a decompression bomb: a few kilobytes that exceed all memory.
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise httpx2.DecodingError("The response is compressed, which was not requested", request=response.request)


async def _limit_body(turns: asyncio.Semaphore, response: httpx2.Response) -> None:
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = LimitedBody(response.stream, turns)


async def _close_with_loop(client: httpx2.AsyncClient) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        loop = asyncio.get_running_loop()
        _pools.pop(loop, None)
        _closers.pop(loop, None)
        await client.aclose()
