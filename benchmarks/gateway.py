"""The service against LiteLLM's proxy without a database, which only passes requests and pictures through.

Both call the same provider, which returns a PNG of 1 MiB, and run in turns, so that other load on the machine affects
both. The calls return the picture in base64: over REST in the form of OpenAI's Images API, which both speak, and over
MCP. The service has one web and one worker process.
"""

import asyncio
import secrets
import statistics
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import uvloop

from benchmarks import generation, litellm_proxy, load, processes
from benchmarks.results import Row
from development import launcher
from development.launcher import Service

ROUNDS: Final = 5
CALLERS: Final = (16, 100)
PROVIDER_SECONDS: Final = 2.0
ROUND_SECONDS: Final = 8.0
SINGLE_CALLS: Final = 5
SINGLE_SECONDS: Final = 0.5
WARM_UP_CALLS: Final = 3
SINGLE_MILLISECONDS_MAX: Final = 60
PROCESSOR_RATIO_MAX: Final = 1.2
ACCEPT_CALLERS: Final = 16
ACCEPT_SECONDS: Final = 5.0
# One and a half times the 104 per second that were measured before this part of the suite existed.
ACCEPTED_PER_SECOND: Final = 156
# Longer than the measurement, so that the worker has hardly anything to do.
ACCEPT_PROVIDER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Target:
    """One way to request pictures: its name, its processes, and the URL and headers of its calls."""

    name: str
    pids: Sequence[int]
    url: str
    keys: Sequence[str]
    is_mcp: bool = False
    model: str = litellm_proxy.MODEL

    def request(self, number: int, seconds: float) -> tuple[str, load.Request]:
        """Return the prompt and the request of the caller with this number."""
        prompt, key = f"Picture {secrets.token_hex(8)} in {seconds:g} s", self.keys[number % len(self.keys)]
        if self.is_mcp:
            arguments = {"prompt": prompt, "modelId": f"openai:{self.model}"}
            return prompt, load.tool_call(self.url, "getimages_generate_image", key, arguments)
        body = {"model": self.model, "prompt": prompt, "n": 1}
        return prompt, load.post(self.url, body, {"Authorization": f"Bearer {key}"})


@dataclass(frozen=True, slots=True)
class Round:
    """The pictures that one target delivered per second, and the processor seconds of each."""

    pictures_per_second: float
    processor_seconds: float


def measure() -> Iterator[Row]:
    """Yield the ratios to the proxy, the processor time and memory of both, and the requests accepted per second."""
    litellm_proxy.install()
    keys = [generation.new_key() for _ in range(generation.USERS)]
    with generation.running_provider() as provider:
        environment = {**generation.SETTINGS, "OPENAI_BASE_URL": f"{provider}/v1"}
        with launcher.running(launcher.free_port(), environment) as service, litellm_proxy.running(provider) as proxy:
            targets = _targets(service, proxy, keys)
            for target in targets.values():
                _added_times(target, provider, WARM_UP_CALLS)
            yield from _single(targets, provider)
            for callers in CALLERS:
                yield from _concurrent(targets, callers)
            yield from _memory(service, proxy)
        with launcher.running(launcher.free_port(), {**environment, "WORKER_CONCURRENCY": "1"}) as service:
            yield _accepted(service, keys)


def _targets(service: Service, proxy: litellm_proxy.Proxy, keys: Sequence[str]) -> dict[str, Target]:
    pids = [process.pid for process in service.processes.values()]
    return {
        "LiteLLM": Target("LiteLLM", [proxy.pid], f"{proxy.url}/images/generations", ["none"]),
        "REST": Target("REST", pids, f"{service.url}/api/openai/v1/images/generations", keys),
        "MCP": Target("MCP", pids, f"{service.url}/api/mcp", keys, is_mcp=True),
    }


def _single(targets: Mapping[str, Target], provider: str) -> Iterator[Row]:
    """Yield the time added to the provider's for one caller, and the ratios to the proxy."""
    added: dict[str, list[float]] = {name: [] for name in targets}
    for _ in range(ROUNDS):
        for name, target in targets.items():
            added[name].append(statistics.median(_added_times(target, provider, SINGLE_CALLS)) * 1000)
    medians = {name: statistics.median(values) for name, values in added.items()}
    yield Row("time added to the provider's, LiteLLM, one caller", medians["LiteLLM"], "ms")
    for name in ("REST", "MCP"):
        yield Row(
            f"time added to the provider's, {name}, one caller", medians[name], "ms", SINGLE_MILLISECONDS_MAX, "at most"
        )
        yield Row(f"LiteLLM's added time against that of {name}", medians["LiteLLM"] / medians[name], "x", 1.0)


def _concurrent(targets: Mapping[str, Target], callers: int) -> Iterator[Row]:
    """Yield the pictures per second and the processor time of each, as ratios to the proxy."""
    rounds: dict[str, list[Round]] = {name: [] for name in targets}
    for _ in range(ROUNDS):
        for name, target in targets.items():
            rounds[name].append(_round(target, callers))
    peers = rounds["LiteLLM"]
    at_once = f"{callers} callers"
    yield Row(f"pictures per second, LiteLLM, {at_once}", _median(each.pictures_per_second for each in peers), "")
    milliseconds = _median(each.processor_seconds for each in peers) * 1000
    yield Row(f"processor time per picture, LiteLLM, {at_once}", milliseconds, "ms")
    for name in ("REST", "MCP"):
        pairs = list(zip(rounds[name], peers, strict=True))
        rate = _median(ours.pictures_per_second / peer.pictures_per_second for ours, peer in pairs)
        yield Row(f"pictures per second against LiteLLM, {name}, {at_once}", rate, "x", 1.0)
        milliseconds = _median(each.processor_seconds for each in rounds[name]) * 1000
        yield Row(f"processor time per picture, {name}, {at_once}", milliseconds, "ms")
        ratio = _median(ours.processor_seconds / peer.processor_seconds for ours, peer in pairs)
        yield Row(
            f"processor time per picture against LiteLLM, {name}, {at_once}", ratio, "x", PROCESSOR_RATIO_MAX, "at most"
        )


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)


def _round(target: Target, callers: int) -> Round:
    before = sum(map(processes.processor_seconds, target.pids))
    started = time.monotonic()
    pictures = uvloop.run(_pictures(target, callers))
    seconds = time.monotonic() - started
    processor = sum(map(processes.processor_seconds, target.pids)) - before
    return Round(pictures / seconds, processor / pictures)


async def _pictures(target: Target, callers: int) -> int:
    """Call in a closed loop for ROUND_SECONDS, and return the number of pictures."""
    loop = asyncio.get_running_loop()
    end = loop.time() + ROUND_SECONDS
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_call_until(end, target, number)) for number in range(callers)]
    return sum(task.result() for task in tasks)


async def _call_until(end: float, target: Target, number: int) -> int:
    loop, count = asyncio.get_running_loop(), 0
    while loop.time() < end:
        await _call(target.request(number, PROVIDER_SECONDS)[1])
        count += 1
    return count


async def _call(request: load.Request) -> None:
    reader, writer = await asyncio.open_connection(request.host, request.port, limit=load.RESPONSE_MAX_BYTES)
    try:
        async with asyncio.timeout(load.CALL_TIMEOUT_SECONDS):
            writer.write(request.content)
            body = await load.read_body(reader)
    finally:
        writer.close()
    if b'"b64_json":' not in body and b'"type":"image"' not in body:
        raise AssertionError(f"The response contains no picture: {body[:500]!r}")


def _added_times(target: Target, provider: str, count: int) -> list[float]:
    """Return the seconds before the provider received each request and after it started its response."""
    calls = {}
    for number in range(count):
        prompt, request = target.request(number, SINGLE_SECONDS)
        sent = time.monotonic()
        uvloop.run(_call(request))
        calls[prompt] = (sent, time.monotonic())
    times: dict[str, Any] = httpx2.get(provider).json()
    return [times[prompt][0] - sent + received - times[prompt][1] for prompt, (sent, received) in calls.items()]


def _memory(service: Service, proxy: litellm_proxy.Proxy) -> Iterator[Row]:
    yield Row("peak memory of LiteLLM", processes.peak_mebibytes(proxy.pid), "MiB")
    ours = sum(processes.peak_mebibytes(process.pid) for process in service.processes.values())
    yield Row("peak memory of web and worker process together", ours, "MiB")


def _accepted(service: Service, keys: Sequence[str]) -> Row:
    """Return the generations accepted per second without waiting for them."""
    prompt = f"Picture in {ACCEPT_PROVIDER_SECONDS:g} s"
    body = {"prompt": prompt, "modelId": f"openai:{litellm_proxy.MODEL}"}
    headers = [{"Authorization": f"Bearer {key}", "Prefer": "respond-async"} for key in keys[:ACCEPT_CALLERS]]
    requests = [load.post(f"{service.url}/api/v1/images", body, header) for header in headers]
    load.calls_per_second(requests, 1.0, contains=b'"status":"queued"')
    rates = [load.calls_per_second(requests, ACCEPT_SECONDS, contains=b'"status":"queued"') for _ in range(ROUNDS)]
    name = f"generations accepted per second, {ACCEPT_CALLERS} callers"
    return Row(name, statistics.median(rates), "", ACCEPTED_PER_SECOND)
