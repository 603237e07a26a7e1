"""Progress notifications while a tool call waits for an image."""

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any, TypeVar

from mcp_gateway.tools.call import Progress

Result = TypeVar("Result")

# Clients that reset their time limit on progress need a notification at least every ten seconds.
PROGRESS_SECONDS = 5.0


async def report_during(wait: Coroutine[Any, Any, Result], *, image_id: uuid.UUID, progress: Progress) -> Result:
    """Return the result of the wait, sending progress at once and then every PROGRESS_SECONDS."""
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    task = asyncio.create_task(wait)
    try:
        while not task.done():
            waited = loop.time() - started_at
            await progress(round(waited, 3), f"Image {image_id} is being made, {waited:.0f} s so far.")
            await asyncio.wait({task}, timeout=PROGRESS_SECONDS)
        return task.result()
    finally:
        task.cancel()
