"""The running service as a client program sees it."""

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
    """Where the service is, and a key with credits."""

    url: str
    key: str


def run(*command: str | Path, folder: Path, **more: str) -> str:
    """Run a program in this folder, which is its home, too, and return what it says."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **more}
    done = subprocess.run(
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
    assert done.returncode == 0, done.stdout
    return done.stdout
