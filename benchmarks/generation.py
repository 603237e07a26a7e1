"""What our side adds to a provider's time, and how many images one web and one worker process carry at once.

Every call is a whole `getimages_generate_image`: charged, queued, asked of a provider over HTTP, checked, kept with its
thumbnail, and answered with the picture's bytes. Client, service and provider read the same clock.
"""

import asyncio
import contextlib
import secrets
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import httpx2
import uvloop

from accounts import api_keys
from accounts.models import User
from benchmarks import load, processes
from benchmarks.results import Row
from billing import ledger
from development import launcher
from development.launcher import Service

USERS = 20
ALONE, ALONE_SECONDS = 10, 1.0
MANY, VERY_MANY = 200, 500
PROVIDER_SECONDS = 20.0
CREDITS = 10**6
MEGABYTES_MAX = 600
MILLISECONDS_ALONE, MILLISECONDS_MANY = 100, 300
SETTINGS: Final = {
    "SANDBOX_PROVIDERS": "off",
    "OPENAI_API_KEY": "benchmark",
    "WORKER_CONCURRENCY": str(VERY_MANY + 100),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its client saw it: the prompt, when it was sent, and when the whole answer was there."""

    prompt: str
    sent: float
    answered: float


def measure() -> Iterator[Row]:
    """Yield the time added with one and with many under way, then what is carried at once and in how much memory."""
    keys = [_key() for _ in range(USERS)]
    with _provider() as provider:
        more = {**SETTINGS, "OPENAI_BASE_URL": f"{provider}/v1"}
        with launcher.running(launcher.free_port(), more) as running:
            _calls(running, keys, 3, ALONE_SECONDS, 0)
            calls = [_calls(running, keys, 1, ALONE_SECONDS, 0)[0] for _ in range(ALONE)]
            yield _added("1 under way", calls, provider, MILLISECONDS_ALONE)
            calls = _calls(running, keys, MANY, PROVIDER_SECONDS, PROVIDER_SECONDS)
            yield _added(f"{MANY} under way", calls, provider, MILLISECONDS_MANY)
            yield from _carried(running, keys)


def _added(what: str, calls: Sequence[Call], provider: str, bound: float) -> Row:
    """Return the median of what was not the provider's: before it had the request, and after it began to answer."""
    times = httpx2.get(provider).json()
    added = [times[call.prompt][0] - call.sent + call.answered - times[call.prompt][1] for call in calls]
    name = f"time added to a provider's own, a picture of 1 MiB, {what}"
    return Row(name, statistics.median(added) * 1000, "ms", bound, "at most")


def _carried(running: Service, keys: Sequence[str]) -> Iterator[Row]:
    calls = _calls(running, keys, VERY_MANY, PROVIDER_SECONDS, PROVIDER_SECONDS)
    where = f"{VERY_MANY} arriving within {PROVIDER_SECONDS:g} s"
    yield Row(f"images under way at once, {where}", _most_at_once(calls), "", VERY_MANY)
    yield Row(f"images made, {where}", len(calls), "", VERY_MANY)
    for name, process in running.processes.items():
        peak = processes.peak_mebibytes(process.pid)
        yield Row(f"most memory of the {name} process, {where}", peak, "MiB", MEGABYTES_MAX, "at most")


def _most_at_once(calls: Sequence[Call]) -> int:
    changes = sorted([(call.sent, 1) for call in calls] + [(call.answered, -1) for call in calls])
    most = count = 0
    for _, change in changes:
        count += change
        most = max(most, count)
    return most


def _calls(running: Service, keys: Sequence[str], count: int, seconds: float, spread_seconds: float) -> list[Call]:
    """Make so many calls, begun evenly over this time, of a provider that takes so long; one that fails ends all."""
    return uvloop.run(_all_calls(running, keys, count, seconds, spread_seconds))


async def _all_calls(
    running: Service, keys: Sequence[str], count: int, seconds: float, spread_seconds: float
) -> list[Call]:
    async with asyncio.TaskGroup() as calls:
        tasks = [
            calls.create_task(_call(running, keys[number % len(keys)], seconds, spread_seconds * number / count))
            for number in range(count)
        ]
    return [task.result() for task in tasks]


async def _call(running: Service, key: str, seconds: float, begin_after: float) -> Call:
    prompt = f"Picture {secrets.token_hex(8)} in {seconds:g} s"
    arguments = {"prompt": prompt, "modelId": "openai:gpt-image-2"}
    request = load.tool_call(f"{running.url}/api/mcp", "getimages_generate_image", key, arguments)
    await asyncio.sleep(begin_after)
    reader, writer = await asyncio.open_connection(request.host, request.port, limit=load.ANSWER_MAX_BYTES)
    sent = time.monotonic()
    writer.write(request.content)
    answer = await load.read_answer(reader)
    answered = time.monotonic()
    writer.close()
    load.check(answer)
    if b'"type":"image"' not in answer:
        raise AssertionError(f"There is no picture in the answer: {answer[:500]!r}")
    return Call(prompt, sent, answered)


def _key() -> str:
    user = User.objects.create_user(f"maker-{secrets.token_hex(6)}@example.com")
    ledger.grant(user.pk, amount=CREDITS, reason="Benchmark")
    return api_keys.create(user, name="Benchmark")[1]


@contextlib.contextmanager
def _provider() -> Iterator[str]:
    """Run the provider in a process of its own and give its address."""
    port = launcher.free_port()
    with processes.serving([sys.executable, "-m", "benchmarks.provider", str(port)], port):
        yield f"http://{launcher.HOST}:{port}"
