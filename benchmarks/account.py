"""Calls per second of `getimages_get_account` over MCP, compared with a FastMCP server that does less work.

Both servers are one uvicorn process. The same load generator calls them in turns, so that other load on the machine
affects both. The peer returns plain JSON, its faster mode, and enforces no rate limit.
"""

import contextlib
import secrets
import statistics
import sys
from collections.abc import Iterator, Sequence

from accounts import api_keys
from accounts.models import User
from benchmarks import load, processes
from benchmarks.results import Row
from billing import ledger
from development import launcher

CONNECTIONS = 16
ROUNDS = 9
ROUND_SECONDS = 1.5
WARM_UP_SECONDS = 1.0
# High enough never to be reached: each call still pays for counting and recording it.
RATE_LIMIT_PER_MINUTE = "1000000000"


def measure() -> Iterator[Row]:
    """Yield the ratio to each of the peer's tools, for two protocol versions."""
    keys = [_key(number) for number in range(CONNECTIONS)]
    environment = {"RATE_LIMIT_PER_MINUTE": RATE_LIMIT_PER_MINUTE}
    with launcher.running(launcher.free_port(), environment) as service, _peer() as peer:
        for tool, bound, description in (
            ("empty", 1.0, "an empty tool"),
            ("account", 3.0, "the same two queries by the ORM"),
        ):
            for version in load.VERSIONS:
                service_requests = [
                    load.tool_call(f"{service.url}/api/mcp", "getimages_get_account", key, version=version)
                    for key in keys
                ]
                peer_requests = [load.tool_call(peer, tool, key, version=version) for key in keys]
                yield Row(
                    f"get_account against FastMCP with {description}, {version}",
                    _ratio(service_requests, peer_requests),
                    "x",
                    bound,
                )


def _ratio(service_requests: Sequence[load.Request], peer_requests: Sequence[load.Request]) -> float:
    """Return the median ratio over all rounds."""
    for requests in (service_requests, peer_requests):
        load.calls_per_second(requests, WARM_UP_SECONDS)
    return statistics.median(
        load.calls_per_second(service_requests, ROUND_SECONDS) / load.calls_per_second(peer_requests, ROUND_SECONDS)
        for _ in range(ROUNDS)
    )


def _key(number: int) -> str:
    """Create a user with credits and return a key: each connection calls as a different user."""
    user = User.objects.create_user(f"caller-{number}-{secrets.token_hex(4)}@example.com")
    ledger.grant(user.pk, amount=100, reason="Benchmark")
    return api_keys.create(user, name="Benchmark")[1]


@contextlib.contextmanager
def _peer() -> Iterator[str]:
    """Run the peer with the options of our own web process and yield the URL of its MCP endpoint."""
    port = launcher.free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peer:application", "--host", launcher.HOST]
    command += ["--port", str(port), "--no-access-log", "--no-proxy-headers", "--log-level", "warning"]
    with processes.serving(command, port, {"DJANGO_SETTINGS_MODULE": "benchmarks.peer_settings"}):
        yield f"http://{launcher.HOST}:{port}/mcp"
