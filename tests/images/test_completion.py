"""Waiting for an image that another connection, and any process, finishes."""

import asyncio
import uuid
from typing import Any, Final, LiteralString

import pytest

from accounts.models import User
from images import completion, generation
from images.exceptions import TimedOut
from images.listener import listener
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from infrastructure import database
from tests.concurrency import run
from tests.factories import caller_of

pytestmark = pytest.mark.django_db(transaction=True)

LONG_SECONDS = 60.0
LISTENS: Final[LiteralString] = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND query LIKE 'LISTEN image_changed%%' AND state = 'idle'
"""


@pytest.fixture
def image(alice: User, settings: Any) -> Image:
    settings.SANDBOX_PROVIDERS = "on"
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    return generation.request(caller_of(alice), arguments).image


async def waited_for(image_id: uuid.UUID, then: Any, *, seconds: float = LONG_SECONDS) -> bool:
    wait = asyncio.create_task(completion.until_final(image_id, seconds=seconds))
    while not await database.fetch_one(LISTENS, {}):  # noqa: ASYNC110 - PostgreSQL knows, not this process
        await asyncio.sleep(0)
    await then()
    return await wait


async def fail(image: Image) -> None:
    await database.run_blocking(attempts.end_unleased, image.id, TimedOut())


def test_a_waiter_is_woken_by_the_commit(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "RECHECK_SECONDS", LONG_SECONDS)
    assert run(waited_for(image.id, lambda: fail(image)))


def test_a_lost_notification_costs_time_only(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completion, "RECHECK_SECONDS", 0.05)

    async def unheard() -> None:
        await listener().close()
        await fail(image)

    assert run(waited_for(image.id, unheard))


def test_a_final_image_is_not_waited_for(image: Image) -> None:
    attempts.end_unleased(image.id, TimedOut())
    assert run(completion.until_final(image.id, seconds=LONG_SECONDS))


def test_a_wait_ends_with_its_time(image: Image) -> None:
    assert not run(completion.until_final(image.id, seconds=0.01))


def test_a_process_that_stops_ends_its_waits(image: Image) -> None:
    async def stop() -> None:
        listener().end_waits()

    assert not run(waited_for(image.id, stop))
