"""Run the official MCP conformance suite (`make conformance`): against the service, and against the fixture server."""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django

# The suite sends many requests and does not test limits.
os.environ |= {"DEBUG": "1", "RATE_LIMIT_PER_MINUTE": "0", "MAX_RUNNING_PER_USER": "0"}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from accounts import api_keys  # noqa: E402
from development import first_data, launcher  # noqa: E402
from infrastructure import database  # noqa: E402
from infrastructure.local_state import LOCAL_DIR  # noqa: E402
from tests.conformance import authorization, results  # noqa: E402
from tests.conformance.fixture import server as fixture  # noqa: E402
from tests.conformance.fixture import task_tools  # noqa: E402
from tests.conformance.proxy import AuthenticatingProxy  # noqa: E402
from tests.factories import session_of  # noqa: E402
from tests.web_server import Server  # noqa: E402

REVISIONS = ("2025-11-25", "2026-07-28")
HERE = Path(__file__).parent
BIN = LOCAL_DIR / "node/conformance/node_modules/.bin"
RUN_TIMEOUT_SECONDS = 300


def main() -> int:
    """Run both revisions and return the exit status: 0 if only expected checks failed."""
    call_command("migrate", verbosity=0)
    user = first_data.demo_user()
    key, secret = api_keys.create(user, name="Conformance")
    authorization.register_client()
    session, port = session_of(user), launcher.free_port()
    try:
        with Server(fixture.application, lifespan="off") as server:
            conforming = [conforms("fixture", revision, server.port, secret) for revision in REVISIONS]
            server.run(task_tools.cancel_all())
            server.run(database.close())
        with launcher.running(port) as service:
            conforming += [conforms("product", revision, port, secret) for revision in REVISIONS]
            conforming.append(asyncio.run(authorizes(service.url, session)))
    finally:
        api_keys.revoke(key)
    return 0 if all(conforming) else 1


def conforms(target: str, revision: str, port: int, secret: str) -> bool:
    """Run all scenarios of a revision, print a summary, and return whether all results are as expected.

    Args:
        target: "fixture" for the server with the methods of the suite's scenarios, or "product" for the service.
        revision: The protocol version.
        port: The port of the server.
        secret: An API key.
    """
    expected_failures = HERE / f"expected_{target}_{revision}.yml"
    with tempfile.TemporaryDirectory() as folder:
        command = ["--requirements", revision, "--expected-failures", str(expected_failures), "--output-dir", folder]
        status, output = asyncio.run(suite_through(AuthenticatingProxy(port, secret), *command))
        scenarios = results.read(Path(folder), results.expected(expected_failures))
    sys.stdout.write(f"{target} {revision}\n{results.summary(scenarios)}\n\n")
    # The suite's own exit status ignores checks of later revisions and pending ones; this result includes them.
    as_expected = not any(scenario.problems for scenario in scenarios)
    if status or not as_expected:
        sys.stdout.write(output)
    return status == 0 and as_expected


async def suite_through(proxy: AuthenticatingProxy, *arguments: str) -> tuple[int, str]:
    """Run the scenarios for servers through the proxy and return the suite's exit status and output."""
    async with proxy.open() as origin:
        return await suite("server", "--url", f"{origin}/api/mcp", *arguments)


async def authorizes(url: str, session: str) -> bool:
    """Run the scenarios for authorization servers, print a summary, and return whether all checks passed."""
    with tempfile.TemporaryDirectory() as folder:
        status, output = await authorization.run(Path(folder), BIN, url, session, timeout_seconds=RUN_TIMEOUT_SECONDS)
        scenarios = results.read(Path(folder), {})
    sys.stdout.write(f"authorization\n{results.summary(scenarios)}\n\n")
    as_expected = bool(scenarios) and not any(scenario.problems for scenario in scenarios)
    if status or not as_expected:
        sys.stdout.write(output)
    return status == 0 and as_expected


async def suite(*arguments: str) -> tuple[int, str]:
    """Run the suite and return its exit status and output."""
    # On platforms for which we install no Node, use the one on the system.
    node = shutil.which("node", path=BIN) or "node"
    process = await asyncio.create_subprocess_exec(
        node, BIN / "conformance", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(RUN_TIMEOUT_SECONDS):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


if __name__ == "__main__":
    sys.exit(main())
