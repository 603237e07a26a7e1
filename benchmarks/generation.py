"""Time that the service adds to the provider's, and concurrent images with one web and one worker process.

Each call is a complete `getimages_generate_image`: charge, queue, provider request over HTTP, validation, storage,
and a response with the picture's bytes. Client, service and provider use the same monotonic clock.
"""

import asyncio
import contextlib
import itertools
import secrets
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
SINGLE_CALLS, SINGLE_SECONDS = 10, 1.0
CONCURRENT_CALLS, MAX_CONCURRENT_CALLS = 200, 500
PROVIDER_SECONDS = 20.0
CREDITS = 10**6
MEBIBYTES_MAX = 600
SINGLE_MILLISECONDS_MAX, CONCURRENT_MILLISECONDS_MAX, ARRIVING_MILLISECONDS_MAX = 100, 300, 1000
LARGE_MEBIBYTES = 4
WITHOUT_PICTURE: Final = {"imageOutput": "none"}
SETTINGS: Final = {
    "SANDBOX_PROVIDERS": "off",
    "OPENAI_API_KEY": "benchmark",
    "WORKER_CONCURRENCY": str(MAX_CONCURRENT_CALLS + 100),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call: its prompt, and when the client sent the request and had received the complete response."""

    prompt: str
    sent: float
    received: float


def measure() -> Iterator[Row]:
    """Yield the added time for single and concurrent calls, then the concurrency reached and the memory used."""
    keys = [new_key() for _ in range(USERS)]
    with running_provider() as provider:
        environment = {**SETTINGS, "OPENAI_BASE_URL": f"{provider}/v1"}
        with launcher.running(launcher.free_port(), environment) as service:
            run_calls(service, keys, 3, SINGLE_SECONDS, 0)
            calls = [run_calls(service, keys, 1, SINGLE_SECONDS, 0)[0] for _ in range(SINGLE_CALLS)]
            yield added_time("picture of 1 MiB, 1 at once", calls, provider, SINGLE_MILLISECONDS_MAX)
            calls = run_calls(service, keys, CONCURRENT_CALLS, PROVIDER_SECONDS, PROVIDER_SECONDS)
            yield added_time(
                f"picture of 1 MiB, {CONCURRENT_CALLS} at once", calls, provider, CONCURRENT_MILLISECONDS_MAX
            )
            yield from _concurrency(service, keys, provider)
    yield from _large_pictures(keys)


def added_time(load_name: str, calls: Sequence[Call], provider: str, bound: float) -> Row:
    """Return the median time before the provider received the request and after it started its response."""
    times = httpx2.get(provider).json()
    added = [times[call.prompt][0] - call.sent + call.received - times[call.prompt][1] for call in calls]
    name = f"time added to the provider's, {load_name}"
    return Row(name, statistics.median(added) * 1000, "ms", bound, "at most")


def _concurrency(service: Service, keys: Sequence[str], provider: str) -> Iterator[Row]:
    calls = run_calls(service, keys, MAX_CONCURRENT_CALLS, PROVIDER_SECONDS, PROVIDER_SECONDS)
    load_name = f"{MAX_CONCURRENT_CALLS} arriving within {PROVIDER_SECONDS:g} s"
    yield Row(f"concurrent images, {load_name}", _peak_concurrency(calls), "", MAX_CONCURRENT_CALLS)
    yield Row(f"images succeeded, {load_name}", len(calls), "", MAX_CONCURRENT_CALLS)
    yield added_time(f"picture of 1 MiB, {load_name}", calls, provider, ARRIVING_MILLISECONDS_MAX)
    for name, process in service.processes.items():
        peak = processes.peak_mebibytes(process.pid)
        yield Row(f"peak memory of the {name} process, {load_name}", peak, "MiB", MEBIBYTES_MAX, "at most")


def _large_pictures(keys: Sequence[str]) -> Iterator[Row]:
    """Yield the worker's peak memory while it makes hundreds of large pictures, which the calls do not return."""
    with running_provider(LARGE_MEBIBYTES) as provider:
        environment = {**SETTINGS, "OPENAI_BASE_URL": f"{provider}/v1"}
        with launcher.running(launcher.free_port(), environment) as service:
            run_calls(
                service, keys, MAX_CONCURRENT_CALLS, PROVIDER_SECONDS, PROVIDER_SECONDS, arguments=WITHOUT_PICTURE
            )
            peak = processes.peak_mebibytes(service.processes["worker"].pid)
    name = f"peak memory of the worker process, {MAX_CONCURRENT_CALLS} images of {LARGE_MEBIBYTES} MiB at once"
    yield Row(name, peak, "MiB", MEBIBYTES_MAX, "at most")


def _peak_concurrency(calls: Sequence[Call]) -> int:
    changes = sorted([(call.sent, 1) for call in calls] + [(call.received, -1) for call in calls])
    peak = count = 0
    for _, change in changes:
        count += change
        peak = max(peak, count)
    return peak


def run_calls(
    service: Service,
    keys: Sequence[str],
    count: int,
    seconds: float,
    spread_seconds: float,
    sources: Mapping[str, str] | None = None,
    arguments: Mapping[str, Any] | None = None,
) -> list[Call]:
    """Run this many calls, started evenly over `spread_seconds`; the provider takes `seconds` for each.

    With `sources`, the id of an upload for each key, the calls are edits. `arguments` are further ones of each call.

    Raises:
        ExceptionGroup: A call failed.
    """
    further = arguments or {}

    async def run() -> list[Call]:
        async with asyncio.TaskGroup() as calls:
            tasks = [
                calls.create_task(_call(service, key, seconds, spread_seconds * number / count, sources, further))
                for number, key in zip(range(count), itertools.cycle(keys), strict=False)
            ]
        return [task.result() for task in tasks]

    return uvloop.run(run())


async def _call(
    service: Service,
    key: str,
    seconds: float,
    delay: float,
    sources: Mapping[str, str] | None,
    extra_arguments: Mapping[str, Any],
) -> Call:
    prompt = f"Picture {secrets.token_hex(8)} in {seconds:g} s"
    arguments: dict[str, Any] = {"prompt": prompt, "modelId": "openai:gpt-image-2", **extra_arguments}
    tool = "getimages_generate_image"
    if sources:
        arguments["sources"], tool = [sources[key]], "getimages_edit_image"
    request = load.tool_call(f"{service.url}/api/mcp", tool, key, arguments)
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_connection(request.host, request.port, limit=load.RESPONSE_MAX_BYTES)
    sent = time.monotonic()
    writer.write(request.content)
    body = await load.read_body(reader)
    received = time.monotonic()
    writer.close()
    load.check(body)
    if extra_arguments != WITHOUT_PICTURE and b'"type":"image"' not in body:
        raise AssertionError(f"The result contains no picture: {body[:500]!r}")
    return Call(prompt, sent, received)


def new_key() -> str:
    """Create a user with credits and return an API key."""
    user = User.objects.create_user(f"maker-{secrets.token_hex(6)}@example.com")
    ledger.grant(user.pk, amount=CREDITS, reason="Benchmark")
    return api_keys.create(user, name="Benchmark")[1]


@contextlib.contextmanager
def running_provider(mebibytes: int = 1) -> Iterator[str]:
    """Run the provider in its own process, with pictures of this size, and yield its URL."""
    port = launcher.free_port()
    command = [sys.executable, "-m", "benchmarks.provider", str(port), "--mebibytes", str(mebibytes)]
    with processes.serving(command, port):
        yield f"http://{launcher.HOST}:{port}"
