"""The stages of the work in a process: counts in a shared file, which the killer reads."""

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path


class Stage(StrEnum):
    """The stage of one image, or of one request for it, in a process."""

    ACCEPTING = "accepting (web)"
    WAITING = "waiting (web)"
    BEFORE = "before the provider call"
    IN = "in the provider call"
    AFTER = "after the provider call"
    STORING = "storing"
    FINAL = "final transaction"


STAGES = tuple(Stage)
OF_WEB = STAGES[:2]
OF_WORKER = STAGES[2:]
# One count for each stage, and one flag that is set when the process is up.
SIZE_BYTES = 4 * (len(STAGES) + 1)


class Board:
    """The amount of work in each stage; the process and the killer map the same file into memory."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._numbers = memoryview(mmap.mmap(opened.fileno(), SIZE_BYTES)).cast("I")
        self._lock = threading.Lock()

    @classmethod
    def create(cls, file: Path) -> "Board":
        file.write_bytes(bytes(SIZE_BYTES))
        return cls(file)

    def clear(self) -> None:
        for number in range(len(self._numbers)):
            self._numbers[number] = 0

    @property
    def is_up(self) -> bool:
        """Return whether the process has started and may have work."""
        return bool(self._numbers[-1])

    def mark_up(self) -> None:
        self._numbers[-1] = 1

    def read(self) -> dict[Stage, int]:
        """Return the stages with work, and how much."""
        return {stage: self._numbers[number] for number, stage in enumerate(STAGES) if self._numbers[number]}

    def move(self, old: Stage | None, new: Stage | None) -> None:
        with self._lock:
            # The new stage first, so that a process with work never appears idle.
            if new:
                self._numbers[STAGES.index(new)] += 1
            if old:
                self._numbers[STAGES.index(old)] -= 1

    @contextmanager
    def work(self, stage: Stage) -> Iterator["Work"]:
        """Record one piece of work from its first stage to its end."""
        work = Work(self)
        work.move(stage)
        try:
            yield work
        finally:
            work.move(None)


class Work:
    """One piece of work and its current stage."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._stage: Stage | None = None

    def move(self, stage: Stage | None) -> None:
        self._board.move(self._stage, stage)
        self._stage = stage
