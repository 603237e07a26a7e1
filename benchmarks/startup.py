"""Time until `make run` is ready: the first time in a new clone with a warm package cache, and the second time."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import process_environment
from benchmarks.results import Row
from development import launcher
from infrastructure.postgresql import embedded_server

ROOT = Path(__file__).resolve().parent.parent
FIRST_SECONDS_MAX, SECOND_SECONDS_MAX = 60, 5
READY = "Get Images is ready"
TIMEOUT_SECONDS = 300
STOP_TIMEOUT_SECONDS = 60


class NotReady(Exception):
    """`make run` exited or timed out before it was ready; the message contains its last lines of output."""


def measure() -> Iterator[Row]:
    """Yield both times. The installer's cache is warm, because this process's environment was installed with it."""
    # In the background, shells make processes ignore SIGINT, and `make run` would ignore the one that stops it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="getimages-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        # Copy uncommitted changes too, so that the working tree is measured.
        for name in _tracked():
            shutil.copy2(ROOT / name, clone / name)
        try:
            yield Row("make run to ready, a fresh clone", _seconds_to_ready(clone), "s", FIRST_SECONDS_MAX, "at most")
            yield Row(
                "make run to ready, the second time", _seconds_to_ready(clone), "s", SECOND_SECONDS_MAX, "at most"
            )
        finally:
            embedded_server.stop(clone / ".local", force=True, remove=True)


def _tracked() -> list[str]:
    process = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in process.stdout.splitlines() if (ROOT / name).is_file()]


def _seconds_to_ready(clone: Path) -> float:
    """Return the seconds until `make run` prints that it is ready; then stop it with SIGINT, as Ctrl-C does."""
    environment = {**process_environment.without_settings(), "PORT": str(launcher.free_port())}
    start = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    timer = threading.Timer(TIMEOUT_SECONDS, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    lines: list[str] = []
    try:
        for line in process.stdout or ():
            lines.append(line)
            if READY in line:
                return time.monotonic() - start
        raise NotReady("".join(lines[-20:]))
    finally:
        timer.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=STOP_TIMEOUT_SECONDS)
