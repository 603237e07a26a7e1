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
def serving(
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str] | None = None,
    *,
    timeout_seconds: float = START_TIMEOUT_SECONDS,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the duration of the block, which starts once the server listens on the port.

    Raises:
        ChildProcessError: The server exited, or did not listen within the time.
    """
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})})
    try:
        deadline = time.monotonic() + timeout_seconds
        while not launcher.is_taken(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise ChildProcessError(f"{' '.join(command)} did not start.")
            time.sleep(POLL_SECONDS)
        yield process
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


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used in its own and the system's code, from Linux's /proc."""
    # The name of the program, in parentheses, may contain spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    user, system = fields[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
