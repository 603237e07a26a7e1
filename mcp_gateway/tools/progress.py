"""Waiting for an image while its client is told that the wait goes on."""

import asyncio
import uuid

from images import completion
from mcp_gateway.tools.call import Progress

# Clients that reset their time limit on progress need a sign every ten seconds at least.
PROGRESS_SECONDS = 5.0


async def until_final(image_id: uuid.UUID, *, seconds: float, progress: Progress) -> None:
    """Return when the image is final, when this many seconds have passed, or when the process is about to stop."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    wait = asyncio.ensure_future(completion.until_final(image_id, seconds=seconds))
    try:
        while not wait.done():
            waited = loop.time() - begun
            await progress(round(waited, 3), f"Image {image_id} is being made, {waited:.0f} s so far.")
            await asyncio.wait({wait}, timeout=PROGRESS_SECONDS)
        wait.result()
    finally:
        wait.cancel()
