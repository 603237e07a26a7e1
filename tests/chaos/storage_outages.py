"""Storage outages: the storage is unavailable for a while, repeatedly."""

import random
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

AVAILABLE_SECONDS = (6.0, 20.0)
OUTAGE_SECONDS = (1.0, 4.0)


class StorageOutages:
    """Switches the storage off and on with a file that tests/faults/storages.py checks."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.switch = folder / "unavailable"
        self.count, self.total_seconds = 0, 0.0
        self._rng = rng
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storage outages")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._rng.uniform(*AVAILABLE_SECONDS)):
            started_at = time.monotonic()
            self.switch.touch()
            self._stopping.wait(self._rng.uniform(*OUTAGE_SECONDS))
            self.switch.unlink()
            self.count += 1
            self.total_seconds += time.monotonic() - started_at
