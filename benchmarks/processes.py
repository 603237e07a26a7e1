"""Auxiliary server processes, and the peak memory of a process."""

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
def serving(command: Sequence[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a server for the duration of the block, which starts once the server listens on the port.

    Raises:
        ChildProcessError: The server exited, or did not listen within a minute.
    """
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})})
    try:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not launcher.is_taken(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ChildProcessError(f"{' '.join(command)} did not start.")
            time.sleep(POLL_SECONDS)
        yield
    finally:
        process.terminate()
        process.wait()


def peak_mebibytes(pid: int) -> float:
    """Return the peak resident memory of a process in MiB, from Linux's /proc.

    Raises:
        ValueError: The process has exited, or /proc does not contain the value.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/{pid}/status contains no VmHWM line.")
