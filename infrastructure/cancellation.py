"""Reliable cancellation of asyncio tasks.

Before Python 3.12, asyncio.wait_for drops a cancellation that arrives at the same moment as the awaited result. The
connection pools use wait_for, so a task that runs in a loop can miss its cancellation and keep the process alive.
"""

import asyncio
from typing import Any

RETRY_SECONDS = 3.0


async def cancel_and_wait(*tasks: asyncio.Task[Any], retry_seconds: float = RETRY_SECONDS) -> list[Any]:
    """Cancel the tasks until all of them have ended, and return the result or exception of each.

    Args:
        tasks: The tasks to end.
        retry_seconds: How long to wait before cancelling the tasks that are still running again.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=retry_seconds)
    return await asyncio.gather(*tasks, return_exceptions=True)
