"""Runs the official conformance suite of MCP against the service: what `make conformance` runs."""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django

# The suite asks faster than a person, and it is not about limits.
os.environ |= {"DEBUG": "1", "RATE_LIMIT_PER_MINUTE": "0", "MAX_RUNNING_PER_USER": "0"}
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from accounts import api_keys  # noqa: E402
from development import first_data, launcher  # noqa: E402
from infrastructure.local_state import LOCAL_DIR  # noqa: E402
from tests.conformance import results  # noqa: E402
from tests.conformance.proxy import Door  # noqa: E402

REVISIONS = ("2025-11-25", "2026-07-28")
HERE = Path(__file__).parent
PROGRAMS = LOCAL_DIR / "node/conformance/node_modules/.bin"
RUN_TIMEOUT_SECONDS = 300


def main() -> int:
    """Return the exit status: 0 if nothing but what is expected failed."""
    call_command("migrate", verbosity=0)
    key, secret = api_keys.create(first_data.demo_user(), name="Conformance")
    port = launcher.free_port()
    try:
        with launcher.running(port):
            good = [asyncio.run(conforms(revision, Door(port, secret))) for revision in REVISIONS]
    finally:
        api_keys.revoke(key)
    return 0 if all(good) else 1


async def conforms(revision: str, door: Door) -> bool:
    """Run all scenarios of a revision, say how each went, and return whether they went as expected."""
    expected_failures = HERE / f"expected_{revision}.yml"
    with tempfile.TemporaryDirectory() as folder:
        async with door.open() as origin:
            command = [
                "server", "--url", f"{origin}/api/mcp", "--requirements", revision,
                "--expected-failures", str(expected_failures), "--output-dir", folder,
            ]  # fmt: skip
            status, words = await suite(*command)
        scenarios = results.read(Path(folder), results.expected(expected_failures))
    sys.stdout.write(f"{revision}\n{results.summary(scenarios)}\n\n")
    # The suite's own verdict leaves out what came after the revision and what is still pending; ours does not.
    as_expected = not any(scenario.problems for scenario in scenarios)
    if status or not as_expected:
        sys.stdout.write(words)
    return status == 0 and as_expected


async def suite(*arguments: str) -> tuple[int, str]:
    """Run the suite's program and return its exit status and what it said."""
    # For platforms without a Node of ours there is the machine's.
    node = shutil.which("node", path=PROGRAMS) or "node"
    process = await asyncio.create_subprocess_exec(
        node, PROGRAMS / "conformance", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(RUN_TIMEOUT_SECONDS):
        words, _ = await process.communicate()
    return process.returncode or 0, words.decode()


if __name__ == "__main__":
    sys.exit(main())
