"""What our side adds to a provider's own time, and how many images one web and one worker process hold at once.

The provider is a process of its own that speaks OpenAI's wire format, takes its time and answers with 1 MiB.
"""

import asyncio
import contextlib
import json
import re
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx2

from accounts import api_keys
from accounts.models import User
from benchmarks.results import Row
from billing import ledger
from config import service
from config.service import Service
from images.models import Image

PICTURE_BYTES: Final = 2**20
SHORT_SECONDS, LONG_SECONDS = 1.0, 20.0
ALONE, MANY, MOST = 20, 200, 500
ADDED_ALONE_MAX_MS, ADDED_MANY_MAX_MS = 100, 300
MEMORY_MAX_MIB = 600
ANSWER_TIMEOUT_SECONDS = 300
HEADERS: Final = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


def measure() -> Iterator[Row]:
    """Yield what is added with one image under way and with many, and what the most images cost."""
    key = _key()
    with _provider(SHORT_SECONDS) as url, service.running(service.free_port(), _settings(url)) as running:
        times = asyncio.run(_one_by_one(running, key))
        yield Row(
            "added to a provider's time, 1 under way", _added(times, SHORT_SECONDS), "ms", ADDED_ALONE_MAX_MS, "at most"
        )
    with _provider(LONG_SECONDS) as url, service.running(service.free_port(), _settings(url)) as running:
        added = _added(asyncio.run(_spread(running, key, MANY)), LONG_SECONDS)
        yield Row(f"the same, {MANY} under way", added, "ms", ADDED_MANY_MAX_MS, "at most")
    with _provider(LONG_SECONDS) as url, service.running(service.free_port(), _settings(url)) as running:
        before = Image.objects.filter(status=Image.Status.SUCCEEDED).count()
        asyncio.run(_spread(running, key, MOST))
        made = Image.objects.filter(status=Image.Status.SUCCEEDED).count() - before
        yield Row(f"images made of {MOST} that were under way at once", made, "images", MOST)
        for name, process in running.processes.items():
            yield Row(f"memory of the {name} process at most", _peak_mib(process.pid), "MiB", MEMORY_MAX_MIB, "at most")


def _key() -> str:
    user = User.objects.create_user(f"flow-{uuid.uuid4().hex[:8]}@example.com")
    ledger.grant(user.pk, amount=1_000_000, reason="Benchmark")
    return api_keys.create(user, name="Benchmark")[1]


@contextlib.contextmanager
def _provider(delay_seconds: float) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.images.providers.stand_in", "--delay", str(delay_seconds)]
    command += ["--picture-bytes", str(PICTURE_BYTES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def _settings(url: str) -> dict[str, str]:
    return {
        "OPENAI_API_KEY": "benchmark",
        "OPENAI_BASE_URL": f"{url}/v1",
        "SANDBOX_PROVIDERS": "off",
        "WORKER_CONCURRENCY": str(MOST + 100),
    }


async def _one_by_one(running: Service, key: str) -> list[float]:
    async with _client(running, key) as http:
        await _ask(http)
        return [await _ask(http) for _ in range(ALONE)]


async def _spread(running: Service, key: str, images: int) -> list[float]:
    """Ask for so many images, evenly spread over the provider's time, and wait for all of them."""
    async with _client(running, key) as http:
        async with asyncio.TaskGroup() as group:
            asked = []
            for _ in range(images):
                asked.append(group.create_task(_ask(http)))
                await asyncio.sleep(LONG_SECONDS / images)
        return [each.result() for each in asked]


def _client(running: Service, key: str) -> httpx2.AsyncClient:
    headers = {**HEADERS, "Authorization": f"Bearer {key}"}
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    return httpx2.AsyncClient(base_url=running.url, headers=headers, limits=limits, timeout=ANSWER_TIMEOUT_SECONDS)


async def _ask(http: httpx2.AsyncClient) -> float:
    """Ask for a picture over MCP and return how long its bytes took to be here, in seconds."""
    arguments = {"prompt": f"a quiet lake {uuid.uuid4()}", "modelId": "openai:gpt-image-2"}
    call: dict[str, Any] = {"name": "getimages_generate_image", "arguments": arguments}
    begun = time.perf_counter()
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
    answer = await http.post("/api/mcp", content=body)
    taken = time.perf_counter() - begun
    if len(answer.content) < PICTURE_BYTES:
        raise RuntimeError(f"no picture came: {answer.status_code} {answer.text[-300:]}")
    return taken


def _added(times: list[float], provider_seconds: float) -> float:
    return 1000 * (statistics.median(times) - provider_seconds)


def _peak_mib(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")
