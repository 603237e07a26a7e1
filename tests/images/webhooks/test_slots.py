"""A free slot goes to the waiting user who holds the fewest."""

import asyncio
import uuid

import pytest

from images.webhooks.slots import FairSlots

ALICE, BOB = uuid.uuid4(), uuid.uuid4()


async def test_a_newcomer_gets_the_next_free_slot() -> None:
    slots, order = FairSlots(3), []

    async def take(user: uuid.UUID, name: str) -> None:
        await slots.acquire(user)
        order.append(name)

    for _ in range(3):
        await slots.acquire(ALICE)
    waiting = [asyncio.create_task(take(ALICE, "alice")) for _ in range(5)]
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(take(BOB, "bob")))
    await asyncio.sleep(0)
    for _ in range(6):
        slots.release(ALICE)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert order == ["bob", *["alice"] * 5]
    await asyncio.gather(*waiting)


async def test_a_cancelled_waiter_takes_no_slot() -> None:
    slots = FairSlots(1)
    await slots.acquire(ALICE)
    waiting = asyncio.create_task(slots.acquire(BOB))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    slots.release(ALICE)
    await slots.acquire(ALICE)
    # Cancelled in the moment in which the slot was passed on.
    waiting = asyncio.create_task(slots.acquire(BOB))
    await asyncio.sleep(0)
    slots.release(ALICE)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(10):
        await slots.acquire(BOB)
