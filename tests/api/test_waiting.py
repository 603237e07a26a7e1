"""Hundreds of requests wait in one process without blocking other requests."""

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
# The threads of a process without waits: the pool for blocking work, and those of uvicorn, asyncio and psycopg.
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


async def create_image(http: httpx2.AsyncClient) -> httpx2.Response:
    return await http.post("images", json={"prompt": "a lake", "modelId": MODEL}, headers={"Prefer": "wait=600"})


async def wait_for_images(count: int) -> None:
    await asyncio.to_thread(eventually, lambda: has_images(count))


def has_images(count: int) -> bool:
    try:
        return Image.objects.count() == count
    finally:
        connection.close()


def threads(web: WebProcess) -> int:
    status = Path(f"/proc/{web.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("Threads:")).split()[1])


async def test_hundreds_of_waits_block_no_request_and_hold_no_thread(web: WebProcess, key: str) -> None:
    async with client(web, key) as http, client(web, key) as other_http:
        waiting = [asyncio.create_task(create_image(http)) for _ in range(WAITERS)]
        await wait_for_images(WAITERS)
        account = await other_http.get("account")
        assert account.json()["creditBalance"] == 10_000 - 5 * WAITERS
        assert threads(web) < THREADS_MAX
        assert not any(wait.done() for wait in waiting)
        for wait in waiting:
            wait.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_client_that_disconnects_ends_only_its_wait(web: WebProcess, key: str) -> None:
    async with client(web, key) as http:
        connected = asyncio.create_task(create_image(http))
        disconnecting = asyncio.create_task(create_image(http))
        await wait_for_images(2)
        disconnecting.cancel()
        await asyncio.gather(disconnecting, return_exceptions=True)
        account = await http.get("account")
        assert account.json()["creditBalance"] == 10_000 - 10
        assert not connected.done()
        connected.cancel()
        await asyncio.gather(connected, return_exceptions=True)


async def test_a_stopping_process_ends_every_wait(web: WebProcess, key: str) -> None:
    async with client(web, key) as http:
        waiting = asyncio.create_task(create_image(http))
        await wait_for_images(1)
        web.process.send_signal(signal.SIGTERM)
        response = await waiting
        assert (response.status_code, response.json()["status"]) == (202, "queued")
