"""Pictures that wait to be prepared are in memory up to a limit, and in temporary files beyond it."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from images.worker import received_pictures
from images.worker.received_pictures import parked
from tests.concurrency import run

PICTURES = [bytes([number]) * 100 for number in range(4)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(received_pictures, "MEMORY_MAX_BYTES", 250)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def open_files(folder: Path) -> int:
    """Return the number of files that this process has open in the folder; they have no name there."""
    assert list(folder.iterdir()) == []
    links = [descriptor.readlink() for descriptor in Path("/proc/self/fd").iterdir() if descriptor.is_symlink()]
    return sum(link.is_relative_to(folder) for link in links)


async def take_all(folder: Path) -> tuple[list[bytes], int]:
    async with AsyncExitStack() as stack:
        takes = [await stack.enter_async_context(parked(picture)) for picture in PICTURES]
        files = open_files(folder)
        return [take() for take in takes], files


def test_what_exceeds_the_memory_waits_in_files_without_a_name(folder: Path) -> None:
    for _ in range(2):
        assert run(take_all(folder)) == (PICTURES, 2)
        assert open_files(folder) == 0


def test_without_space_for_files_every_picture_stays_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "missing"))
    assert run(take_all(folder)) == (PICTURES, 0)
