"""Cancelled tasks end, even if one cancellation is lost."""

import asyncio
from contextlib import suppress

from infrastructure import cancellation


async def ignore_first_cancellation() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_a_task_that_misses_a_cancellation_ends() -> None:
    task = asyncio.create_task(ignore_first_cancellation())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancellation.cancel_and_wait(task, retry_seconds=0.01)
    assert task.cancelled()


async def test_results_and_exceptions_are_returned() -> None:
    async def divide_one_by(number: int) -> float:
        return 1 / number

    tasks = [asyncio.create_task(divide_one_by(number)) for number in (1, 0)]
    await asyncio.wait(tasks)
    value, error = await cancellation.cancel_and_wait(*tasks)
    assert (value, type(error)) == (1.0, ZeroDivisionError)
