"""Calls per second of `getimages_get_account` through everything, against a FastMCP server that does less.

Both servers are one uvicorn process and are asked by the same load generator, in turns, so that whatever else the
machine does falls on both. The peer answers in its faster way (plain JSON), and no limit of it is counted.
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
# Counted and written down for each call, and never reached.
RATE_LIMIT_PER_MINUTE = "1000000000"


def measure() -> Iterator[Row]:
    """Yield the ratio to each of the peer's tools, for both ways in which clients speak."""
    keys = [_key(number) for number in range(CONNECTIONS)]
    more = {"RATE_LIMIT_PER_MINUTE": RATE_LIMIT_PER_MINUTE}
    with launcher.running(launcher.free_port(), more) as ours, _peer() as peer:
        for tool, bound, said in (("empty", 1.0, "an empty tool"), ("account", 3.0, "the same two queries by the ORM")):
            for version in load.VERSIONS:
                mine = [
                    load.tool_call(f"{ours.url}/api/mcp", "getimages_get_account", key, version=version) for key in keys
                ]
                theirs = [load.tool_call(peer, tool, key, version=version) for key in keys]
                yield Row(f"get_account against FastMCP with {said}, {version}", ratio(mine, theirs), "x", bound)


def ratio(mine: Sequence[load.Request], theirs: Sequence[load.Request]) -> float:
    """Return the median of the rounds' ratios."""
    for requests in (mine, theirs):
        load.calls_per_second(requests, WARM_UP_SECONDS)
    return statistics.median(
        load.calls_per_second(mine, ROUND_SECONDS) / load.calls_per_second(theirs, ROUND_SECONDS) for _ in range(ROUNDS)
    )


def _key(number: int) -> str:
    """Return a key of a user of its own: as many people call as there are connections."""
    user = User.objects.create_user(f"caller-{number}-{secrets.token_hex(4)}@example.com")
    ledger.grant(user.pk, amount=100, reason="Benchmark")
    return api_keys.create(user, name="Benchmark")[1]


@contextlib.contextmanager
def _peer() -> Iterator[str]:
    """Run the peer as our own web process is run, and give the address of its endpoint."""
    port = launcher.free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.peer:application", "--host", launcher.HOST]
    command += ["--port", str(port), "--no-access-log", "--no-proxy-headers", "--log-level", "warning"]
    with processes.serving(command, port, {"DJANGO_SETTINGS_MODULE": "benchmarks.peer_settings"}):
        yield f"http://{launcher.HOST}:{port}/mcp"
