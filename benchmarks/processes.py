"""Processes beside the service: started, waited for, stopped, and asked how much memory they have used."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from development import launcher

START_TIMEOUT_SECONDS = 60
POLL_SECONDS = 0.05


@contextlib.contextmanager
def serving(command: Sequence[str], port: int, more: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a server for as long as the block lasts, which begins when it listens on the port.

    Raises:
        ChildProcessError: It ended, or did not listen within a minute.
    """
    process = subprocess.Popen(command, env={**os.environ, **(more or {})})
    try:
        end = time.monotonic() + START_TIMEOUT_SECONDS
        while not launcher.is_taken(port):
            if process.poll() is not None or time.monotonic() > end:
                raise ChildProcessError(f"{' '.join(command)} did not start.")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        process.terminate()
        process.wait()


def peak_mebibytes(pid: int) -> float:
    """Return the most memory that a process has held so far (Linux tells)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"Nothing is known of the memory of process {pid}.")
