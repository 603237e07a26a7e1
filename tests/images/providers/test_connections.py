import asyncio
import gzip
import threading
from dataclasses import replace
from typing import Any

import pytest

from images.exceptions import ProviderFailed
from images.providers import PictureRequest, Provider, connections, google, openai
from tests.images.providers.requests import picture_request
from tests.images.providers.responses import Answer, Asked, picture
from tests.images.providers.stand_in import ProviderStandIn

BOTH = pytest.mark.parametrize(
    ("provider", "asked"),
    [
        (openai.generate, picture_request("openai:gpt-image-2")),
        (google.generate, picture_request("google:gemini-2.5-flash-image")),
    ],
)


@BOTH
async def test_many_calls_are_under_way_at_once(
    stand_in: ProviderStandIn, provider: Provider, asked: PictureRequest
) -> None:
    stand_in.hold()
    calls = [asyncio.ensure_future(provider(asked)) for _ in range(150)]
    await asyncio.to_thread(stand_in.wait_for_requests, 150)
    stand_in.release()
    assert len(await asyncio.gather(*calls)) == stand_in.most_at_once == 150


@BOTH
def test_every_event_loop_has_connections_of_its_own(
    stand_in: ProviderStandIn, provider: Provider, asked: PictureRequest
) -> None:
    def call() -> None:
        asyncio.run(_call_twice(provider, asked))

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    call()
    assert len(stand_in.requests) == 6


async def _call_twice(provider: Provider, asked: PictureRequest) -> None:
    await provider(asked)
    await provider(asked)


async def test_calls_of_one_loop_share_a_pool() -> None:
    assert await connections.pool() is await connections.pool()


def test_a_pool_closes_with_its_loop() -> None:
    assert asyncio.run(connections.pool()).is_closed


@BOTH
async def test_a_new_key_is_used_at_once(
    stand_in: ProviderStandIn, settings: Any, provider: Provider, asked: PictureRequest
) -> None:
    await provider(asked)
    settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = "another"
    await provider(asked)
    assert "another" not in str(stand_in.requests[0].headers)
    assert "another" in str(stand_in.requests[1].headers)


@BOTH
async def test_an_answer_that_is_packed_is_not_unpacked(
    stand_in: ProviderStandIn, provider: Provider, asked: PictureRequest
) -> None:
    def packed(request: Asked) -> Answer:
        plain = picture()(request)
        return replace(plain, body=gzip.compress(plain.body), headers={"Content-Encoding": "gzip"})

    stand_in.answer(packed)
    with pytest.raises(ProviderFailed, match="connection"):
        await provider(asked)
