"""Storages that fail, or kill their process, at an exact moment while a picture is stored.

The environment variable TEST_STORAGE selects one of them for a worker process.
"""

import errno
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from images.storage.files import PARTIAL, DurableFileStorage


def _kill_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def make_unavailable(settings: Any) -> None:
    """Make the storage of the test's own process unavailable, with its files."""
    location = settings.MEDIA_ROOT
    pictures = {"BACKEND": "tests.faults.storages.FailsWhileUnavailable", "OPTIONS": {"location": location}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}
    (Path(location) / "unavailable").touch()


class Hangs(DurableFileStorage):
    """Blocks each write until the test sets `may_continue`."""

    requested_names: ClassVar[list[str]] = []
    may_continue: ClassVar[threading.Event] = threading.Event()

    def _save(self, name: str, content: Any) -> str:
        self.requested_names.append(name)
        self.may_continue.wait()
        return super()._save(name, content)


class Full(DurableFileStorage):
    """A disk without space: creates the file's name and then fails with ENOSPC, as ext4 does."""

    space_bytes = 0
    failures = 0

    def _save(self, name: str, content: Any) -> str:
        if content.size <= self.space_bytes:
            return super()._save(name, content)
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        Full.failures += 1
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


class CallsBeforeFirstWrite(DurableFileStorage):
    """Calls a function once, before it writes the first file of an upload."""

    function: ClassVar[Callable[[], object] | None] = None

    def _save(self, name: str, content: Any) -> str:
        function = CallsBeforeFirstWrite.function
        if function and name.startswith("uploads/"):
            CallsBeforeFirstWrite.function = None
            function()
        return super()._save(name, content)


class CallsAfterFirstOpen(DurableFileStorage):
    """Calls a function once, after it opened the first file that exists."""

    function: ClassVar[Callable[[], object] | None] = None

    def _open(self, name: str, mode: str = "rb") -> Any:
        file = super()._open(name, mode)  # type: ignore[misc]
        function, CallsAfterFirstOpen.function = CallsAfterFirstOpen.function, None
        if function:
            function()
        return file


class DiesBeforeThePicture(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        _kill_process()
        return super()._save(name, content)


class DiesWithHalfThePicture(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        data = content.read()
        path = Path(self.path(f"{name}.x{PARTIAL}"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data[: len(data) // 2])
        _kill_process()
        return name


class DiesAfterThePicture(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        saved = super()._save(name, content)
        _kill_process()
        return saved


class FailsTwice(DurableFileStorage):
    """Fails the first two writes of any file."""

    failures = 0

    def _save(self, name: str, content: Any) -> str:
        if FailsTwice.failures < 2:
            FailsTwice.failures += 1
            raise OSError("the disk is unavailable")
        return super()._save(name, content)


class FailsUntilRepaired(DurableFileStorage):
    """Fails writes, and creates the file `failed`, until a test creates the file `repaired` beside the pictures."""

    def _save(self, name: str, content: Any) -> str:
        folder = Path(self.location)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "repaired").exists():
            (folder / "failed").touch()
            raise OSError("the disk is unavailable")
        return super()._save(name, content)


class FailsWhileUnavailable(DurableFileStorage):
    """Fails every operation while the file `unavailable` exists beside the pictures."""

    def _save(self, name: str, content: Any) -> str:
        self._fail_if_unavailable()
        return super()._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> Any:
        self._fail_if_unavailable()
        return super()._open(name, mode)  # type: ignore[misc]

    def size(self, name: str) -> int:
        self._fail_if_unavailable()
        return super().size(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        self._fail_if_unavailable()
        return super().listdir(path)

    def delete(self, name: str) -> None:
        self._fail_if_unavailable()
        super().delete(name)

    def _fail_if_unavailable(self) -> None:
        if (Path(self.location) / "unavailable").exists():
            raise OSError("the disk is unavailable")

    def exists(self, name: str) -> bool:
        self._fail_if_unavailable()
        return super().exists(name)
