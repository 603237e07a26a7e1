import asyncio
import io

import pytest
from PIL import Image

from images.exceptions import ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS
from images.providers.sandbox import provider
from tests.images.providers.requests import failure, picture_request

MODEL = "openai:gpt-image-2"
QUICK = "[sandbox:slow=0]"


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "WEBP"])
    picture.load()
    return picture


@pytest.mark.parametrize("ratio", ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "21:9"])
async def test_the_picture_has_exactly_the_shape_that_was_asked_for(ratio: str) -> None:
    picture = opened(await provider.generate(picture_request(MODEL, prompt=QUICK, aspect_ratio=ratio)))
    width, height = map(int, ratio.split(":"))
    assert picture.width * height == picture.height * width
    assert picture.width >= 860


async def test_a_picture_takes_about_a_second() -> None:
    loop = asyncio.get_running_loop()
    begun_at = loop.time()
    await provider.generate(picture_request(MODEL))
    assert 0.99 <= loop.time() - begun_at < 5


async def test_directives_are_not_drawn() -> None:
    bare = await provider.generate(picture_request(MODEL, prompt=f"{QUICK} a red lighthouse"))
    marked = await provider.generate(
        picture_request(MODEL, prompt="a red [sandbox:slow=0.0] lighthouse [sandbox:flaky]", call_number=2)
    )
    assert marked == bare


async def test_the_picture_depends_on_prompt_and_model() -> None:
    prompts = [f"{QUICK} a lighthouse", f"{QUICK} a forest"]
    requests = [picture_request(model, prompt=prompt) for model in (MODEL, "google:x") for prompt in prompts]
    assert len({await provider.generate(request) for request in requests}) == 4


async def test_moderation_is_rejected() -> None:
    raised = await failure(provider.generate, picture_request(MODEL, prompt="a [sandbox:moderation] b"))
    assert isinstance(raised, ModerationRejected)


async def test_fail_is_not_repeated() -> None:
    raised = await failure(provider.generate, picture_request(MODEL, prompt="[sandbox:fail]"))
    assert type(raised) is ProviderFailed
    assert raised.calls_allowed == 1


async def test_flaky_fails_the_first_call_and_works_in_the_second() -> None:
    prompt = f"[sandbox:flaky]{QUICK}"
    raised = await failure(provider.generate, picture_request(MODEL, prompt=prompt, call_number=1))
    assert raised.calls_allowed == MAX_CALLS
    assert opened(await provider.generate(picture_request(MODEL, prompt=prompt, call_number=2)))


async def test_garbage_is_no_picture() -> None:
    content = await provider.generate(picture_request(MODEL, prompt=f"[sandbox:garbage]{QUICK}"))
    with pytest.raises(OSError, match="cannot identify"):
        opened(content)


@pytest.mark.parametrize("prompt", ["[sandbox:slow=0.3]", "[sandbox:slow=0.3][sandbox:fail]"])
async def test_slow_waits_before_whatever_follows(prompt: str) -> None:
    loop = asyncio.get_running_loop()
    begun_at = loop.time()
    await asyncio.gather(provider.generate(picture_request(MODEL, prompt=prompt)), return_exceptions=True)
    assert loop.time() - begun_at >= 0.29


@pytest.mark.parametrize("seconds", ["60", "9" * 400])
async def test_slow_ends_with_the_time_of_the_call(seconds: str) -> None:
    asked = picture_request(MODEL, prompt=f"[sandbox:slow={seconds}]", timeout_seconds=0.05)
    raised = await failure(provider.generate, asked)
    assert "in time" in raised.message
    assert raised.calls_allowed == MAX_CALLS


async def test_what_only_looks_like_a_directive_is_drawn() -> None:
    plain = await provider.generate(picture_request(MODEL, prompt=f"{QUICK} a cat"))
    for other in ("[sandbox:unknown]", "[sandbox:slow=]", "[sandbox:slow=-1]"):
        assert await provider.generate(picture_request(MODEL, prompt=f"{QUICK} a cat {other}")) != plain
