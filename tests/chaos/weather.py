"""Storage that is away for a while, again and again."""

import random
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

FAIR_SECONDS = (6.0, 20.0)
AWAY_SECONDS = (1.0, 4.0)


class Weather:
    """Takes storage away and brings it back, by a file that tests/faults/storages.py looks for."""

    def __init__(self, folder: Path, choose: random.Random) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.sign = folder / "away"
        self.outages, self.away_seconds = 0, 0.0
        self._choose = choose
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="weather")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._choose.uniform(*FAIR_SECONDS)):
            begun = time.monotonic()
            self.sign.touch()
            self._over.wait(self._choose.uniform(*AWAY_SECONDS))
            self.sign.unlink()
            self.outages += 1
            self.away_seconds += time.monotonic() - begun
