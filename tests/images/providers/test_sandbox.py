import asyncio
import io

import pytest
from PIL import Image

from images.exceptions import ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS, PictureRequest
from images.providers.sandbox import provider
from tests.images.providers.requests import failure, picture_request

MODEL = "openai:gpt-image-2"
NO_DELAY = "[sandbox:slow=0]"


async def generated(request: PictureRequest) -> bytes:
    return (await provider.generate(request)).content


def decode(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "WEBP"])
    picture.load()
    return picture


@pytest.mark.parametrize("ratio", ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "21:9"])
async def test_the_picture_has_exactly_the_requested_ratio(ratio: str) -> None:
    picture = decode(await generated(picture_request(MODEL, prompt=NO_DELAY, aspect_ratio=ratio)))
    width, height = map(int, ratio.split(":"))
    assert picture.width * height == picture.height * width
    assert picture.width >= 860


async def test_a_picture_takes_about_a_second() -> None:
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    await generated(picture_request(MODEL))
    assert 0.99 <= loop.time() - started_at < 5


async def test_directives_are_not_drawn() -> None:
    plain = await generated(picture_request(MODEL, prompt=f"{NO_DELAY} a red lighthouse"))
    with_directives = await generated(
        picture_request(MODEL, prompt="a red [sandbox:slow=0.0] lighthouse [sandbox:flaky]", call_number=2)
    )
    assert with_directives == plain


async def test_the_picture_depends_on_prompt_and_model() -> None:
    prompts = [f"{NO_DELAY} a lighthouse", f"{NO_DELAY} a forest"]
    requests = [picture_request(model, prompt=prompt) for model in (MODEL, "google:x") for prompt in prompts]
    assert len({await generated(request) for request in requests}) == 4


async def test_moderation_is_rejected() -> None:
    raised = await failure(provider.generate, picture_request(MODEL, prompt="a [sandbox:moderation] b"))
    assert isinstance(raised, ModerationRejected)


async def test_fail_allows_no_further_call() -> None:
    raised = await failure(provider.generate, picture_request(MODEL, prompt="[sandbox:fail]"))
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 1


async def test_flaky_fails_the_first_call_and_succeeds_in_the_second() -> None:
    prompt = f"[sandbox:flaky]{NO_DELAY}"
    raised = await failure(provider.generate, picture_request(MODEL, prompt=prompt, call_number=1))
    assert raised.calls_allowed == MAX_CALLS
    assert decode(await generated(picture_request(MODEL, prompt=prompt, call_number=2)))


async def test_garbage_is_no_picture() -> None:
    content = await generated(picture_request(MODEL, prompt=f"[sandbox:garbage]{NO_DELAY}"))
    with pytest.raises(OSError, match="cannot identify"):
        decode(content)


@pytest.mark.parametrize("prompt", ["[sandbox:slow=0.3]", "[sandbox:slow=0.3][sandbox:fail]"])
async def test_slow_delays_every_outcome(prompt: str) -> None:
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    await asyncio.gather(provider.generate(picture_request(MODEL, prompt=prompt)), return_exceptions=True)
    assert loop.time() - started_at >= 0.29


@pytest.mark.parametrize("seconds", ["60", "9" * 400])
async def test_slow_ends_at_the_timeout_of_the_call(seconds: str) -> None:
    request = picture_request(MODEL, prompt=f"[sandbox:slow={seconds}]", timeout_seconds=0.05)
    raised = await failure(provider.generate, request)
    assert "in time" in raised.message
    assert raised.calls_allowed == MAX_CALLS


async def test_an_unknown_directive_is_part_of_the_prompt() -> None:
    plain = await generated(picture_request(MODEL, prompt=f"{NO_DELAY} a cat"))
    for unknown in ("[sandbox:unknown]", "[sandbox:slow=]", "[sandbox:slow=-1]"):
        assert await generated(picture_request(MODEL, prompt=f"{NO_DELAY} a cat {unknown}")) != plain
