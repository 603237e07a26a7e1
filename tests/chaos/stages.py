"""Where the work of a process is: numbers in a file, which whoever is about to kill it can read."""

import mmap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path


class Stage(StrEnum):
    """Where one image, or one request for it, is while a process is busy with it."""

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
# One number for each stage, and one that says whether the process is up.
SIZE_BYTES = 4 * (len(STAGES) + 1)


class Board:
    """How much of a process's work is in each stage; the same file is open in that process and in the killer."""

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
        """Tell whether the process has been started so far that it may take work."""
        return bool(self._numbers[-1])

    def say_up(self) -> None:
        self._numbers[-1] = 1

    def read(self) -> dict[Stage, int]:
        """Return the stages in which there is work, and how much."""
        return {stage: self._numbers[number] for number, stage in enumerate(STAGES) if self._numbers[number]}

    def move(self, before: Stage | None, after: Stage | None) -> None:
        with self._lock:
            # The new stage first: at no moment does a process that works look idle.
            if after:
                self._numbers[STAGES.index(after)] += 1
            if before:
                self._numbers[STAGES.index(before)] -= 1

    @contextmanager
    def work(self, stage: Stage) -> Iterator["Work"]:
        """Follow one piece of work from its first stage to its end."""
        work = Work(self)
        work.move(stage)
        try:
            yield work
        finally:
            work.move(None)


class Work:
    """One piece of work, and the stage that it is in."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._stage: Stage | None = None

    def move(self, stage: Stage | None) -> None:
        self._board.move(self._stage, stage)
        self._stage = stage
