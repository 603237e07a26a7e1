"""Tasks that are to end do, also if a cancellation is lost on the way."""

import asyncio
from contextlib import suppress

from infrastructure import cancellation


async def loses_one() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_a_task_that_lost_its_cancellation_ends() -> None:
    task = asyncio.create_task(loses_one())
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancellation.cancel_and_wait(task, again_seconds=0.01)
    assert task.cancelled()


async def test_what_a_task_came_to_is_told() -> None:
    async def answer(number: int) -> float:
        return 1 / number

    tasks = [asyncio.create_task(answer(number)) for number in (1, 0)]
    await asyncio.wait(tasks)
    value, error = await cancellation.cancel_and_wait(*tasks)
    assert (value, type(error)) == (1.0, ZeroDivisionError)
