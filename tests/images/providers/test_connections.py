import asyncio
import gzip
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from development import loopback
from images.failures import ProviderFailed
from images.providers import PictureRequest, Provider, connections, google, openai
from tests.images.providers.requests import picture_request
from tests.images.providers.responses import ReceivedRequest, Response, picture
from tests.images.providers.stand_in import ProviderStandIn

BOTH = pytest.mark.parametrize(
    ("provider", "picture_call"),
    [
        (openai.generate, picture_request("openai:gpt-image-2")),
        (google.generate, picture_request("google:gemini-2.5-flash-image")),
    ],
)


@BOTH
async def test_many_calls_are_under_way_at_once(
    stand_in: ProviderStandIn, provider: Provider, picture_call: PictureRequest
) -> None:
    stand_in.hold()
    calls = [asyncio.ensure_future(provider(picture_call)) for _ in range(150)]
    await asyncio.to_thread(stand_in.wait_for_requests, 150)
    stand_in.release()
    assert len(await asyncio.gather(*calls)) == stand_in.max_concurrent == 150


@BOTH
def test_every_event_loop_has_its_own_connections(
    stand_in: ProviderStandIn, provider: Provider, picture_call: PictureRequest
) -> None:
    def call() -> None:
        asyncio.run(_call_twice(provider, picture_call))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    call()
    assert len(stand_in.requests) == 6


async def _call_twice(provider: Provider, picture_call: PictureRequest) -> None:
    await provider(picture_call)
    await provider(picture_call)


async def test_calls_of_one_loop_share_a_pool() -> None:
    assert await connections.pool() is await connections.pool()


def test_a_pool_closes_with_its_loop() -> None:
    assert asyncio.run(connections.pool()).is_closed


@BOTH
async def test_a_new_key_is_used_at_once(
    stand_in: ProviderStandIn, settings: Any, provider: Provider, picture_call: PictureRequest
) -> None:
    await provider(picture_call)
    settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = "another"
    await provider(picture_call)
    assert "another" not in str(stand_in.requests[0].headers)
    assert "another" in str(stand_in.requests[1].headers)


@BOTH
async def test_a_compressed_response_is_not_decompressed(
    stand_in: ProviderStandIn, provider: Provider, picture_call: PictureRequest
) -> None:
    def compressed(request: ReceivedRequest) -> Response:
        response = picture()(request)
        return replace(response, body=gzip.compress(response.body), headers={"Content-Encoding": "gzip"})

    stand_in.respond_with(compressed)
    with pytest.raises(ProviderFailed, match="connection"):
        await provider(picture_call)


@BOTH
@pytest.mark.parametrize(
    "response",
    [
        pytest.param(b"", id="none"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", id="half"),
        pytest.param(b"SMTP ready\r\n\r\n", id="not HTTP"),
    ],
)
async def test_a_broken_connection_is_not_reported_as_a_timeout(
    settings: Any, provider: Provider, picture_call: PictureRequest, response: bytes
) -> None:
    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(response)
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        settings.OPENAI_BASE_URL = settings.GOOGLE_GEMINI_BASE_URL = f"http://{host}:{port}"
        settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = "any"
        with pytest.raises(ProviderFailed, match="connection"):
            await provider(picture_call)


@BOTH
async def test_a_server_that_does_not_listen_is_not_reported_as_a_timeout(
    settings: Any, provider: Provider, picture_call: PictureRequest
) -> None:
    settings.OPENAI_BASE_URL = settings.GOOGLE_GEMINI_BASE_URL = f"http://127.0.0.1:{loopback.free_port()}"
    settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = "any"
    with pytest.raises(ProviderFailed, match="connection"):
        await provider(picture_call)


@BOTH
async def test_each_call_has_a_connection_of_its_own(
    stand_in: ProviderStandIn, provider: Provider, picture_call: PictureRequest
) -> None:
    # On a shared one, whatever a server sends after a response would be taken for the response to the next call.
    await _call_twice(provider, picture_call)
    assert stand_in.connection_count == len(stand_in.requests) == 2


async def test_a_response_is_received_in_its_turn() -> None:
    first, second = _bodies()
    await anext(first)
    reading = asyncio.ensure_future(anext(second))
    # Without a turn, one round of the event loop would be enough: the bodies need no network.
    await asyncio.sleep(0)
    assert not reading.done()
    with pytest.raises(StopAsyncIteration):
        await anext(first)
    assert await reading == b"second"


async def test_a_stalled_response_does_not_block_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TURN_MAX_SECONDS", 0)
    first, second = _bodies()
    await anext(first)
    assert await anext(second) == b"second"
    with pytest.raises(StopAsyncIteration):
        await anext(second)


def _bodies() -> tuple[AsyncIterator[bytes], AsyncIterator[bytes]]:
    """Return two bodies, of which one is received at a time."""
    turns = asyncio.Semaphore(1)
    first, second = (aiter(connections.LimitedBody(httpx2.ByteStream(text), turns)) for text in (b"first", b"second"))
    return first, second
