"""How long `make run` takes until it is ready: in a fresh clone with the packages cached, and the second time."""

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
from infrastructure import embedded_postgres

ROOT = Path(__file__).resolve().parent.parent
FIRST_SECONDS_MAX, SECOND_SECONDS_MAX = 60, 5
READY = "Get Images is ready"
TIMEOUT_SECONDS = 300
STOP_TIMEOUT_SECONDS = 60


class NotReady(Exception):
    """`make run` ended, or took minutes, without a word of being ready; the message has its last lines."""


def measure() -> Iterator[Row]:
    """Yield both times. The installer's cache is warm: the environment that this runs in came from it."""
    with tempfile.TemporaryDirectory(prefix="getimages-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        # What is measured is what lies here, committed or not.
        for name in _tracked():
            shutil.copy2(ROOT / name, clone / name)
        try:
            yield Row("make run to ready, a fresh clone", _ready_after(clone), "s", FIRST_SECONDS_MAX, "at most")
            yield Row("make run to ready, the second time", _ready_after(clone), "s", SECOND_SECONDS_MAX, "at most")
        finally:
            embedded_postgres.stop(clone / ".local", force=True, remove=True)


def _tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _ready_after(clone: Path) -> float:
    """Run it until it says that it is ready, then end it as Ctrl-C would, and return how long that took."""
    environment = {**process_environment.without_settings(), "PORT": str(launcher.free_port())}
    begun = time.monotonic()
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
                return time.monotonic() - begun
        raise NotReady("".join(lines[-20:]))
    finally:
        timer.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=STOP_TIMEOUT_SECONDS)
