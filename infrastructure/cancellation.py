"""Ending tasks for good: one cancellation may be lost on the way.

Before Python 3.12 asyncio.wait_for, in which the database pools wait, drops a cancellation that arrives in the same
moment as what it waits for. A task that goes on in a loop would then never end, nor the process that waits for it.
"""

import asyncio
from typing import Any

AGAIN_SECONDS = 3.0


async def cancel_and_wait(*tasks: asyncio.Task[Any], again_seconds: float = AGAIN_SECONDS) -> list[Any]:
    """Cancel the tasks until they have ended, and return what each returned or raised.

    Args:
        tasks: What is to end.
        again_seconds: How long each may take over it before it is cancelled once more.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=again_seconds)
    return await asyncio.gather(*tasks, return_exceptions=True)
