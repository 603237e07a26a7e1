"""Run the official MCP conformance suite against the service (`make conformance`)."""

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
from infrastructure.local_state import LOCAL_DIR  # noqa: E402
from tests.conformance import authorization, results  # noqa: E402
from tests.conformance.proxy import AuthenticatingProxy  # noqa: E402
from tests.factories import session_of  # noqa: E402

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
        with launcher.running(port) as service:
            conforming = [asyncio.run(conforms(revision, AuthenticatingProxy(port, secret))) for revision in REVISIONS]
            conforming.append(asyncio.run(authorizes(service.url, session)))
    finally:
        api_keys.revoke(key)
    return 0 if all(conforming) else 1


async def conforms(revision: str, proxy: AuthenticatingProxy) -> bool:
    """Run all scenarios of a revision, print a summary, and return whether all results are as expected."""
    expected_failures = HERE / f"expected_{revision}.yml"
    with tempfile.TemporaryDirectory() as folder:
        async with proxy.open() as origin:
            command = [
                "server", "--url", f"{origin}/api/mcp", "--requirements", revision,
                "--expected-failures", str(expected_failures), "--output-dir", folder,
            ]  # fmt: skip
            status, output = await suite(*command)
        scenarios = results.read(Path(folder), results.expected(expected_failures))
    sys.stdout.write(f"{revision}\n{results.summary(scenarios)}\n\n")
    # The suite's own exit status ignores checks of later revisions and pending ones; this result includes them.
    as_expected = not any(scenario.problems for scenario in scenarios)
    if status or not as_expected:
        sys.stdout.write(output)
    return status == 0 and as_expected


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
