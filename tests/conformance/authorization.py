"""The scenarios of the suite for authorization servers, with Chromium as the person who connects the app."""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from typing import Final

from accounts.models import OAuthClient
from development.launcher import free_port
from tests.browser.visitor import CHROMIUM

PERSON: Final = Path(__file__).parent.parent / "clients/person.py"
CLIENT_ID: Final = "conformance"


def register_client() -> None:
    """Register the suite as a client. The port of its redirect URI is free."""
    defaults = {"name": "Conformance suite", "redirect_uris": ["http://127.0.0.1/callback"]}
    OAuthClient.objects.get_or_create(id=CLIENT_ID, defaults=defaults)


async def run(folder: Path, programs: Path, url: str, session: str, *, timeout_seconds: float) -> tuple[int, str]:
    """Run the scenarios against the issuer at `url`, and return the suite's exit status and output."""
    node = shutil.which("node", path=programs) or "node"
    arguments = ("authorization", "--url", url, "--client-id", CLIENT_ID, "--resource", f"{url}/api/mcp")
    process = await asyncio.create_subprocess_exec(
        node, programs / "conformance", *arguments, "--port", str(free_port()), "--output-dir", str(folder),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    output, people = [], []
    async with asyncio.timeout(timeout_seconds):
        async for line in process.stdout:
            output.append(line.decode())
            if line.startswith(f"{url}/oauth/authorize?".encode()):
                people.append(await _person(line.decode().strip(), session))
        await process.wait()
        await asyncio.gather(*(person.wait() for person in people))
    return process.returncode or 0, "".join(output)


async def _person(address: str, session: str) -> asyncio.subprocess.Process:
    environment = {**os.environ, "SESSION": session, "CHROMIUM": CHROMIUM or ""}
    return await asyncio.create_subprocess_exec(sys.executable, PERSON, address, env=environment)
