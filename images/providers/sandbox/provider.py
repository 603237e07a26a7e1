"""Pictures for development, tests and demonstrations, drawn here: no key, no cost, and failures on demand."""

import asyncio
import functools
import io
import os
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from images.exceptions import ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS, PictureRequest, errors
from images.providers.sandbox import artwork

USUAL_SECONDS = 1.0
JPEG_QUALITY = 90
GARBAGE = b"The sandbox was asked for bytes that are no picture."

SIZES: Final = {
    "1:1": (1024, 1024),
    "3:2": (1536, 1024),
    "2:3": (1024, 1536),
    "16:9": (1536, 864),
    "9:16": (864, 1536),
    "4:3": (1280, 960),
    "3:4": (960, 1280),
    "21:9": (1568, 672),
}

DIRECTIVE = re.compile(r"\s*\[sandbox:(moderation|fail|flaky|garbage|slow=(\d+(?:\.\d+)?))\]\s*")


async def generate(request: PictureRequest) -> bytes:
    """Return a picture about a second after the call, or play the case that a directive in the prompt names.

    Raises:
        ModerationRejected: The prompt holds [sandbox:moderation].
        ProviderFailed: It holds [sandbox:fail], or [sandbox:flaky] in a first call, or the time ran out.
    """
    try:
        async with asyncio.timeout(request.timeout_seconds):
            return await _play(request)
    except TimeoutError:
        raise errors.timed_out(request) from None


async def _play(request: PictureRequest) -> bytes:
    begun_at = asyncio.get_running_loop().time()
    directives = list(DIRECTIVE.finditer(request.prompt))
    cases = {directive[1] for directive in directives}
    slow = [float(directive[2]) for directive in directives if directive[2]]
    await asyncio.sleep(sum(slow))
    _fail_as_asked(cases, request.call_number)
    picture = GARBAGE if "garbage" in cases else await _picture(request)
    if not slow:
        await _sleep_until(begun_at + USUAL_SECONDS)
    return picture


def _fail_as_asked(cases: set[str], call_number: int) -> None:
    if "moderation" in cases:
        raise ModerationRejected.with_advice("The sandbox declines this prompt, as [sandbox:moderation] asks")
    if "fail" in cases:
        raise ProviderFailed("The sandbox failed, as [sandbox:fail] asks. Your credits are back.")
    if "flaky" in cases and call_number == 1:
        raise ProviderFailed(
            "The sandbox failed once, as [sandbox:flaky] asks. Your credits are back.", calls_allowed=MAX_CALLS
        )


async def _sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


async def _picture(request: PictureRequest) -> bytes:
    draw = functools.partial(
        _draw,
        prompt=DIRECTIVE.sub(" ", request.prompt).strip(),
        model_name=request.model_id,
        size=SIZES.get(request.aspect_ratio, SIZES["1:1"]),
    )
    return await asyncio.get_running_loop().run_in_executor(_threads(), draw)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Drawing takes a whole processor: hundreds at once would only make each other, and everything else, slow.
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="sandbox")


def _draw(*, prompt: str, model_name: str, size: tuple[int, int]) -> bytes:
    picture = artwork.render(prompt=prompt, model_name=model_name, size=size)
    out = io.BytesIO()
    # JPEG is written in a fraction of PNG's time. Full colour resolution keeps the lettering sharp.
    picture.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return out.getvalue()
