"""Waiting for an image that another connection, in any process, finishes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, LiteralString

import pytest

from accounts.authentication import Caller
from accounts.models import User
from images import snapshots
from images.failures import TimedOut
from images.listener import listener
from images.schemas import GenerationArguments
from images.snapshots import ImageSnapshot
from images.worker import attempts
from infrastructure import database
from tests.concurrency import run
from tests.factories import caller_of

pytestmark = pytest.mark.django_db(transaction=True)

LONG_SECONDS = 60.0
LISTENERS: Final[LiteralString] = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN image_changed%%' AND state = 'idle'
"""


@pytest.fixture
def caller(alice: User) -> Caller:
    return caller_of(alice)


@pytest.fixture
def snapshot(caller: Caller, settings: Any) -> ImageSnapshot:
    settings.SANDBOX_PROVIDERS = "on"
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    return run(snapshots.request(caller, arguments))


async def is_final_after(
    action: Callable[[], Awaitable[None]], caller: Caller, snapshot: ImageSnapshot, *, seconds: float = LONG_SECONDS
) -> bool:
    """Run the action while a task waits for the image; return whether the image is final after the wait."""
    wait = asyncio.create_task(snapshots.wait_until_final(caller, snapshot, seconds=seconds))
    while not await database.fetch_one(LISTENERS, {}):  # noqa: ASYNC110 - the condition is in PostgreSQL
        await asyncio.sleep(0)
    await action()
    return (await wait).image.is_final


async def fail(snapshot: ImageSnapshot) -> None:
    await database.run_blocking(attempts.end_unleased, snapshot.image.id, TimedOut())


def test_a_commit_wakes_a_waiter(caller: Caller, snapshot: ImageSnapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "RECHECK_SECONDS", LONG_SECONDS)
    assert run(is_final_after(lambda: fail(snapshot), caller, snapshot))


def test_a_lost_notification_only_delays_a_waiter(
    caller: Caller, snapshot: ImageSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "RECHECK_SECONDS", 0.05)

    async def fail_without_notification() -> None:
        await listener().close()
        await fail(snapshot)

    assert run(is_final_after(fail_without_notification, caller, snapshot))


def test_an_image_that_became_final_before_the_wait_ends_it(
    caller: Caller, snapshot: ImageSnapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "RECHECK_SECONDS", 10 * LONG_SECONDS)

    async def wait_again() -> None:
        assert await is_final_after(lambda: fail(snapshot), caller, snapshot)
        async with asyncio.timeout(LONG_SECONDS):
            await snapshots.wait_until_final(caller, snapshot, seconds=10 * LONG_SECONDS)

    run(wait_again())


def test_a_final_image_needs_no_wait(caller: Caller, snapshot: ImageSnapshot) -> None:
    attempts.end_unleased(snapshot.image.id, TimedOut())
    assert run(snapshots.wait_until_final(caller, snapshot, seconds=LONG_SECONDS)).image.is_final


def test_a_wait_ends_when_its_seconds_have_passed(caller: Caller, snapshot: ImageSnapshot) -> None:
    assert not run(snapshots.wait_until_final(caller, snapshot, seconds=0.01)).image.is_final


def test_a_stopping_process_ends_its_waits(caller: Caller, snapshot: ImageSnapshot) -> None:
    async def stop() -> None:
        listener().end_waits()

    assert not run(is_final_after(stop, caller, snapshot))
