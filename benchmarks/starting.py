"""How long `make run` takes to be ready: on a fresh clone, with the packages in the client's cache, and once more."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.results import Row
from config import service

PROJECT: Final = Path(__file__).resolve().parent.parent
READY: Final = "Get Images is ready"
FIRST_MAX_SECONDS, SECOND_MAX_SECONDS = 60, 5


def measure() -> Iterator[Row]:
    """Yield the seconds of the first and of the second start."""
    with tempfile.TemporaryDirectory() as folder:
        # PostgreSQL does not run as root, and may not see a folder that is only the owner's.
        Path(folder).chmod(0o755)
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        try:
            first, second = _seconds_to_ready(clone), _seconds_to_ready(clone)
        finally:
            subprocess.run(["make", "clean"], cwd=clone, check=True, capture_output=True, env=_environment())
    yield Row("`make run` to ready, on a fresh clone", first, "s", FIRST_MAX_SECONDS, "at most")
    yield Row("`make run` to ready, the second time", second, "s", SECOND_MAX_SECONDS, "at most")


def _seconds_to_ready(clone: Path) -> float:
    command = ["make", "run", f"PORT={service.free_port()}"]
    begun = time.perf_counter()
    with subprocess.Popen(
        command, cwd=clone, env=_environment(), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        ready = any(READY in line for line in process.stdout)
        taken = time.perf_counter() - begun
        os.killpg(process.pid, signal.SIGINT)
    if not ready:
        raise RuntimeError("`make run` ended before it was ready")
    return taken


def _environment() -> dict[str, str]:
    """Return what a person's shell would give it, and nothing of this benchmark's own."""
    return {name: value for name, value in os.environ.items() if name in ("HOME", "PATH", "LANG") or "PIP" in name}
