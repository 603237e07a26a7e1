"""Edits with Google: the parts that are sent, in which size, and the error for too many sources."""

import base64
import tracemalloc
from typing import Any

import numpy as np
import pytest

from images.failures import ProviderFailed, SourcesRefused
from images.providers import base64_files, connections, google
from tests.images.providers import responses
from tests.images.providers.requests import PROMPT, failure, picture_request
from tests.images.providers.responses import google_error
from tests.images.providers.source_pictures import gradient, noise, source
from tests.images.providers.stand_in import ProviderStandIn

MODEL = "google:gemini-nano-banana-2.1"
FIRST, JPEG, WEBP = source(gradient(320, 200)), source(gradient(90, 60), "JPEG"), source(gradient(60, 90), "WEBP")


def edit_request(*sources: Any, **fields: Any) -> Any:
    defaults = {"aspect_ratio": "auto", "resolution": "1K", "sources": sources or [FIRST]}
    return picture_request(MODEL, **{**defaults, **fields})


async def test_the_pictures_stand_before_the_text_in_order(stand_in: ProviderStandIn) -> None:
    picture = await google.generate(edit_request(FIRST, JPEG, WEBP))
    (received,) = stand_in.requests
    (content,) = received.body["contents"]
    assert (content["role"], [list(part) for part in content["parts"]]) == ("user", [["inlineData"]] * 3 + [["text"]])
    assert content["parts"][-1] == {"text": PROMPT}
    assert [(file.media_type, file.content) for file in received.files] == [
        ("image/png", FIRST.content),
        ("image/jpeg", JPEG.content),
        ("image/webp", WEBP.content),
    ]
    # Without a ratio, the result follows the first picture.
    assert received.body["generationConfig"] == {"responseModalities": ["IMAGE"], "imageConfig": {"imageSize": "1K"}}
    assert picture.content == responses.png(1408, 880)


async def test_a_ratio_is_sent_if_it_was_chosen(stand_in: ProviderStandIn) -> None:
    await google.generate(edit_request(aspect_ratio="16:9", resolution="2K"))
    config = stand_in.requests[0].body["generationConfig"]
    assert config["imageConfig"] == {"aspectRatio": "16:9", "imageSize": "2K"}


async def test_a_long_side_is_at_most_2048_pixels(stand_in: ProviderStandIn) -> None:
    await google.generate(edit_request(source(gradient(4096, 1024)), source(gradient(1000, 3000)), JPEG))
    files = stand_in.requests[0].files
    assert [file.size for file in files] == [(2048, 512), (683, 2048), (90, 60)]
    assert [file.media_type for file in files] == ["image/jpeg"] * 3


@pytest.mark.parametrize(("alpha", "count"), [(255, 6), (200, 2)])
async def test_a_request_with_large_pictures_stays_below_20_megabytes(
    stand_in: ProviderStandIn, alpha: int, count: int
) -> None:
    picture = noise(1700, 1700)
    picture.putalpha(alpha)
    large = source(picture)
    assert len(large.content) * count > 15_000_000
    await google.generate(edit_request(*[large] * count, prompt="x" * 8000, timeout_seconds=120))
    (received,) = stand_in.requests
    assert 5_000_000 < int(received.headers["content-length"]) < 20_000_000
    assert len(received.files) == count


async def test_no_picture_is_in_memory_while_the_provider_works(stand_in: ProviderStandIn) -> None:
    large = source(noise(1700, 1700))
    assert large.byte_size > 8_000_000
    client = await connections.pool()
    tracemalloc.start()
    try:
        with base64_files.attached([large]) as (placeholder,):
            encoded = base64.b64encode(placeholder).decode()
            request = base64_files.fill_in(client.build_request("POST", "http://test/", json={"data": encoded}))
            sizes = [len(piece) async for piece in request.stream]  # type: ignore[union-attr]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sum(sizes) == int(request.headers["content-length"]) > 4 / 3 * large.byte_size
    assert peak < large.byte_size / 3


async def test_the_bytes_are_not_changed_without_need(stand_in: ProviderStandIn) -> None:
    exact = source(gradient(2048, 1000), "WEBP")
    await google.generate(edit_request(exact))
    assert stand_in.requests[0].files[0].content == exact.content


@pytest.mark.parametrize(
    "message", ["Please use fewer than 4 images in your request.", "The request contains too many images: 11."]
)
async def test_too_many_sources_have_a_code_of_their_own(
    stand_in: ProviderStandIn, caplog: pytest.LogCaptureFixture, message: str
) -> None:
    stand_in.respond_with(google_error(400, "INVALID_ARGUMENT", message))
    raised = await failure(google.generate, edit_request(FIRST, JPEG))
    assert (type(raised), raised.code) == (SourcesRefused, "too_many_sources")
    assert "does not accept 2 pictures" in caplog.text


async def test_such_a_text_for_a_request_without_sources_is_an_error_of_the_provider(stand_in: ProviderStandIn) -> None:
    stand_in.respond_with(google_error(400, "INVALID_ARGUMENT", "Too many images."))
    assert type(await failure(google.generate, picture_request(MODEL))) is ProviderFailed


async def test_a_transparent_source_stays_a_png(stand_in: ProviderStandIn) -> None:
    picture = gradient(3000, 1500)
    picture.putalpha(128)
    await google.generate(edit_request(source(picture)))
    (file,) = stand_in.requests[0].files
    assert (file.media_type, file.size) == ("image/png", (2048, 1024))
    assert np.frombuffer(file.content[:4], dtype=np.uint8).tolist() == [137, 80, 78, 71]
