"""Storages that fail, or end their process with SIGKILL, at one exact moment of keeping a picture.

A worker process of a test is given one of them by its environment variable TEST_STORAGE.
"""

import errno
import os
import signal
import threading
from pathlib import Path
from typing import Any, ClassVar

from django.core.files.base import ContentFile

from images.storage.files import DurableFileStorage


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _is_thumbnail(name: str) -> bool:
    return "-thumbnail" in name


def take_away(settings: Any) -> None:
    """Take the storage of a test's own process away, with what lies in it."""
    location = settings.MEDIA_ROOT
    pictures = {"BACKEND": "tests.faults.storages.FailsWhileAway", "OPTIONS": {"location": location}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}
    (Path(location) / "away").touch()


class Hangs(DurableFileStorage):
    """Blocks each write until the test sets `answers`."""

    asked: ClassVar[list[str]] = []
    answers: ClassVar[threading.Event] = threading.Event()

    def _save(self, name: str, content: Any) -> str:
        self.asked.append(name)
        self.answers.wait()
        return super()._save(name, content)


class Full(DurableFileStorage):
    """A disk without space: creates the file's name and then fails with ENOSPC, as ext4 does."""

    space_bytes = 0

    def _save(self, name: str, content: Any) -> str:
        if content.size <= self.space_bytes:
            return super()._save(name, content)
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


class DiesBeforeThePicture(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        _die()
        return super()._save(name, content)


class DiesWithHalfThePicture(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        whole = content.read()
        super()._save(name, ContentFile(whole[: len(whole) // 2]))
        _die()
        return name


class DiesAfterThePicture(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        saved = super()._save(name, content)
        _die()
        return saved


class DiesAfterTheThumbnail(DurableFileStorage):
    def _save(self, name: str, content: Any) -> str:
        saved = super()._save(name, content)
        if _is_thumbnail(name):
            _die()
        return saved


class FailsTwice(DurableFileStorage):
    """Refuses the first two writes, whatever they are."""

    refused = 0

    def _save(self, name: str, content: Any) -> str:
        if FailsTwice.refused < 2:
            FailsTwice.refused += 1
            raise OSError("the disk is away")
        return super()._save(name, content)


class FailsUntilMended(DurableFileStorage):
    """Refuses writes, leaving a sign that one was tried, until a test puts the file `mended` beside the pictures."""

    def _save(self, name: str, content: Any) -> str:
        folder = Path(self.location)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "mended").exists():
            (folder / "refused").touch()
            raise OSError("the disk is away")
        return super()._save(name, content)


class FailsWhileAway(DurableFileStorage):
    """Does nothing for anybody while the file `away` lies beside the pictures, which switches it off and on again."""

    def _save(self, name: str, content: Any) -> str:
        self._refuse_if_away()
        return super()._save(name, content)

    def _open(self, name: str, mode: str = "rb") -> Any:
        self._refuse_if_away()
        return super()._open(name, mode)  # type: ignore[misc]

    def size(self, name: str) -> int:
        self._refuse_if_away()
        return super().size(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        self._refuse_if_away()
        return super().listdir(path)

    def delete(self, name: str) -> None:
        self._refuse_if_away()
        super().delete(name)

    def _refuse_if_away(self) -> None:
        if (Path(self.location) / "away").exists():
            raise OSError("the disk is away")

    def exists(self, name: str) -> bool:
        self._refuse_if_away()
        return super().exists(name)
