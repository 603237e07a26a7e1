"""The sandbox provider for development, tests and demonstrations: no key, no cost, and failures on demand."""

import asyncio
import functools
import io
import os
import re
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from images.failures import ModerationRejected, ProviderFailed
from images.providers import MAX_CALLS, PictureRequest, ProviderPicture, errors, sizes
from images.providers.sandbox import artwork
from images.providers.sandbox.edits import edit

CALL_SECONDS = 1.0
LOSSY_QUALITY = 90
# The fastest settings: better ones take seconds in 4K, for files that are little smaller.
PNG_COMPRESSION = 1
WEBP_EFFORT = 0
GARBAGE = b"The sandbox returns these bytes instead of a picture."

DIRECTIVE = re.compile(r"\s*\[sandbox:(moderation|fail|flaky|garbage|slow=(\d+(?:\.\d+)?))\]\s*")


async def generate(request: PictureRequest) -> ProviderPicture:
    """Return a picture about a second after the call, or simulate the case that a directive in the prompt names.

    Raises:
        ModerationRejected: The prompt contains [sandbox:moderation].
        ProviderFailed: It contains [sandbox:fail], or [sandbox:flaky] in a first call, or the call timed out.
    """
    try:
        async with asyncio.timeout(request.timeout_seconds):
            return ProviderPicture(await _respond(request))
    except TimeoutError:
        raise errors.timed_out(request) from None


async def _respond(request: PictureRequest) -> bytes:
    started_at = asyncio.get_running_loop().time()
    directives = list(DIRECTIVE.finditer(request.prompt))
    cases = {directive[1] for directive in directives}
    slow = [float(directive[2]) for directive in directives if directive[2]]
    await asyncio.sleep(sum(slow))
    _fail_if_directed(cases, request.call_number)
    picture = GARBAGE if "garbage" in cases else await _picture(request)
    if not slow:
        await _sleep_until(started_at + CALL_SECONDS)
    return picture


def _fail_if_directed(cases: set[str], call_number: int) -> None:
    if "moderation" in cases:
        raise ModerationRejected.with_advice("The sandbox rejects prompts with [sandbox:moderation]")
    if "fail" in cases:
        raise ProviderFailed("The sandbox fails prompts with [sandbox:fail]. Your credits were refunded.")
    if "flaky" in cases and call_number == 1:
        raise ProviderFailed(
            "The sandbox fails the first call for prompts with [sandbox:flaky]. Your credits were refunded.",
            calls_allowed=MAX_CALLS,
        )


async def _sleep_until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))


async def _picture(request: PictureRequest) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(_threads(), _render, request)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Rendering takes a whole core: more threads than cores would only slow down each other and the event loop.
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="sandbox")


def _render(request: PictureRequest) -> bytes:
    prompt = DIRECTIVE.sub(" ", request.prompt).strip()
    size, is_transparent = sizes.of(request), request.background == "transparent"
    if request.sources:
        picture = edit.edit(
            edit.Instruction(prompt, request.model_id, request.quality),
            size=size,
            sources=(source.content for source in request.sources),
            mask=request.mask,
            transparent=is_transparent,
        )
    else:
        picture = artwork.render(
            prompt=prompt,
            model_name=request.model_id,
            size=size,
            quality=request.quality,
            transparent=is_transparent,
        )
    return _encode(picture, request.output_format or ("png" if is_transparent else "jpeg"))


def _encode(picture: Image.Image, output_format: str) -> bytes:
    out = io.BytesIO()
    match output_format:
        case "png":
            picture.save(out, "PNG", compress_level=PNG_COMPRESSION)
        case "webp":
            picture.save(out, "WEBP", quality=LOSSY_QUALITY, method=WEBP_EFFORT)
        case _:
            # JPEG encodes in a fraction of PNG's time. Without chroma subsampling the lettering stays sharp.
            picture.convert("RGB").save(out, "JPEG", quality=LOSSY_QUALITY, subsampling=0)
    return out.getvalue()
