"""Access to the running service, and a function to run client programs."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from infrastructure.local_state import LOCAL_DIR

NODE = LOCAL_DIR / "node"

CREDITS = 1000
CLIENT_TIMEOUT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Access:
    """The URL of the MCP endpoint, an API key with credits, and the session cookie of its owner."""

    url: str
    key: str
    session: str


def run(*command: str | Path, folder: Path, **variables: str) -> str:
    """Run a program with this folder as its working and home directory, and return its output."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **variables}
    process = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=CLIENT_TIMEOUT_SECONDS,
        check=False,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout
