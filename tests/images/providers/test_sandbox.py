import asyncio
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from images.catalogue.options import QUALITIES
from images.failures import ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS, PictureRequest, sizes
from images.providers.sandbox import provider
from tests.images.providers.requests import failure, picture_request

# The tests set the sandbox's own pause to zero.
CALL_SECONDS = provider.CALL_SECONDS
MODEL = "openai:gpt-image-2"
NO_DELAY = "[sandbox:slow=0]"
RATIOS = ["1:1", "3:2", "2:3", "16:9", "9:16", "4:3", "3:4", "5:4", "4:5", "21:9", "1:4", "4:1", "1:8", "8:1"]
SMALL: dict[str, Any] = {"prompt": f"{NO_DELAY} a lighthouse by the sea", "resolution": "512"}
# Five standard deviations of the Laplacian of the grain that covers every picture.
GRAIN_MAX = 40
SCENES = ["sea", "forest", "stairs"]


async def generated(request: PictureRequest) -> bytes:
    return (await provider.generate(request)).content


def decode(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content), formats=["PNG", "JPEG", "WEBP"])
    picture.load()
    return picture


@pytest.mark.parametrize("ratio", ["1:1", "3:2", "9:16", "21:9"])
async def test_the_picture_has_exactly_the_requested_ratio(ratio: str) -> None:
    picture = decode(await generated(picture_request(MODEL, prompt=NO_DELAY, aspect_ratio=ratio)))
    width, height = map(int, ratio.split(":"))
    assert picture.width * height == picture.height * width
    assert picture.width >= 860


async def test_a_picture_takes_about_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "CALL_SECONDS", CALL_SECONDS)
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    await generated(picture_request(MODEL))
    assert loop.time() - started_at >= CALL_SECONDS > 0.9


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


@pytest.mark.parametrize(
    ("resolution", "ratio"), [*(("512", ratio) for ratio in RATIOS), ("1K", "8:1"), ("2K", "21:9"), ("4K", "1:1")]
)
async def test_the_picture_has_exactly_the_size_of_its_resolution(resolution: str, ratio: str) -> None:
    request = picture_request(
        MODEL, prompt=f"{NO_DELAY} bauhaus", aspect_ratio=ratio, resolution=resolution, quality="low"
    )
    assert decode(await generated(request)).size == sizes.pixels(ratio, resolution)


@pytest.mark.parametrize("changes", [{}, {"background": "transparent"}], ids=["opaque", "transparent"])
async def test_the_largest_picture_has_its_size(changes: dict[str, Any]) -> None:
    request = picture_request(
        MODEL, prompt=f"{NO_DELAY} bauhaus", aspect_ratio="16:9", resolution="4K", quality="high", **changes
    )
    assert decode(await generated(request)).size == (3840, 2160)


@pytest.mark.parametrize("output_format", ["png", "webp", None])
@pytest.mark.parametrize("quality", [*QUALITIES, None])
async def test_a_transparent_picture_has_clear_partial_and_opaque_pixels(
    output_format: str | None, quality: str | None
) -> None:
    picture = decode(
        await generated(
            picture_request(MODEL, **SMALL, background="transparent", output_format=output_format, quality=quality)
        )
    )
    assert (picture.mode, picture.format) == ("RGBA", (output_format or "png").upper())
    alpha = np.asarray(picture.getchannel("A"))
    assert (alpha[0].max(), alpha[-1].max(), alpha[:, 0].max(), alpha[:, -1].max()) == (0, 0, 0, 0)
    assert alpha[256, 256] == 255
    shares = [float(part.mean()) for part in (alpha == 0, (alpha > 0) & (alpha < 255), alpha == 255)]
    assert shares[0] > 0.05
    assert shares[1] > 0.02
    assert shares[2] > 0.6


@pytest.mark.parametrize("background", ["opaque", None])
async def test_another_picture_has_no_alpha_channel(background: str | None) -> None:
    request = picture_request(MODEL, **SMALL, background=background, output_format="png")
    assert decode(await generated(request)).mode == "RGB"


@pytest.mark.parametrize(
    ("output_format", "expected"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP"), (None, "JPEG")]
)
async def test_the_file_has_the_requested_format(output_format: str | None, expected: str) -> None:
    request = picture_request(MODEL, **SMALL, output_format=output_format)
    assert decode(await generated(request)).format == expected


def fine_detail(content: bytes) -> float:
    """Return the mean square of the brightness's Laplacian where it exceeds that of the grain, without the label."""
    grey = np.asarray(decode(content).convert("L"), dtype=np.float64)
    grey = grey[grey.shape[0] // 10 : -grey.shape[0] // 6]
    laplacian = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return float(np.square(laplacian * (np.abs(laplacian) > GRAIN_MAX)).mean())


@pytest.mark.parametrize(("scene", "resolution"), [*((scene, "1K") for scene in SCENES), ("forest", "2K")])
async def test_a_higher_quality_has_more_detail(scene: str, resolution: str) -> None:
    low, medium, high = [
        fine_detail(
            await generated(
                picture_request(
                    MODEL, prompt=f"{NO_DELAY} {scene}", resolution=resolution, quality=quality, output_format="png"
                )
            )
        )
        for quality in QUALITIES
    ]
    assert low * 10 < medium
    assert medium * 1.5 < high


async def test_a_request_with_explicit_defaults_gives_the_bytes_of_one_without_options() -> None:
    prompt = f"{NO_DELAY} a lamp"
    explicit = picture_request(MODEL, prompt=prompt, resolution="1K", quality="medium", background="opaque")
    assert await generated(explicit) == await generated(picture_request(MODEL, prompt=prompt))


@pytest.mark.parametrize("quality", QUALITIES)
@pytest.mark.parametrize("output_format", ["png", "webp"])
async def test_the_same_options_give_the_same_bytes(quality: str, output_format: str) -> None:
    request = picture_request(MODEL, **SMALL, quality=quality, background="transparent", output_format=output_format)
    assert await generated(request) == await generated(request)
