"""Many wait for images in one process, and the process has time for everybody else."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from django.db import connection

from accounts import api_keys
from images.models import Image
from tests.concurrency import eventually
from tests.factories import MODEL, create_user
from tests.faults.web import WebProcess
from tests.images.providers.stand_in import ProviderStandIn

pytestmark = pytest.mark.django_db(transaction=True)

WAITERS = 300
# What the process has without any waiters: a pool for blocking work, uvicorn's, asyncio's and psycopg's own.
THREADS_MAX = 80


@pytest.fixture
def web(
    transactional_db: None, provider: ProviderStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WebProcess]:
    """A web process without limits, and no worker: every image stays queued."""
    monkeypatch.setenv("RATE_LIMIT_PER_MINUTE", "0")
    monkeypatch.setenv("MAX_RUNNING_PER_USER", "0")
    with WebProcess(provider, tmp_path / "web.log") as process:
        yield process


@pytest.fixture
def key(transactional_db: None) -> str:
    return api_keys.create(create_user("many@example.com", credits=10_000), name="Many")[1]


def client(web: WebProcess, key: str) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(base_url=f"{web.url}/api/v1/", headers=headers, limits=limits, timeout=120)


async def wait_for_an_image(http: httpx2.AsyncClient) -> httpx2.Response:
    return await http.post("images", json={"prompt": "a lake", "modelId": MODEL}, headers={"Prefer": "wait=600"})


async def asked(count: int) -> None:
    await asyncio.to_thread(eventually, lambda: in_a_thread(count))


def in_a_thread(count: int) -> bool:
    try:
        return Image.objects.count() == count
    finally:
        connection.close()


def threads(web: WebProcess) -> int:
    status = Path(f"/proc/{web.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("Threads:")).split()[1])


async def test_while_hundreds_wait_another_is_answered_and_no_thread_is_held(web: WebProcess, key: str) -> None:
    async with client(web, key) as http, client(web, key) as another:
        waiting = [asyncio.create_task(wait_for_an_image(http)) for _ in range(WAITERS)]
        await asked(WAITERS)
        account = await another.get("account")
        assert account.json()["creditBalance"] == 10_000 - 5 * WAITERS
        assert threads(web) < THREADS_MAX
        assert not any(wait.done() for wait in waiting)
        for wait in waiting:
            wait.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_client_that_goes_away_ends_its_wait_and_nothing_else(web: WebProcess, key: str) -> None:
    async with client(web, key) as http:
        patient = asyncio.create_task(wait_for_an_image(http))
        hasty = asyncio.create_task(wait_for_an_image(http))
        await asked(2)
        hasty.cancel()
        await asyncio.gather(hasty, return_exceptions=True)
        account = await http.get("account")
        assert account.json()["creditBalance"] == 10_000 - 10
        assert not patient.done()
        patient.cancel()
        await asyncio.gather(patient, return_exceptions=True)


async def test_a_process_that_is_to_stop_answers_those_who_wait(web: WebProcess, key: str) -> None:
    async with client(web, key) as http:
        waiting = asyncio.create_task(wait_for_an_image(http))
        await asked(1)
        web.process.send_signal(signal.SIGTERM)
        response = await waiting
        assert (response.status_code, response.json()["status"]) == (202, "queued")
