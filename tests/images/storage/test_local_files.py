"""Local files: half a file has no name."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile

from images.storage.files import PARTIAL, DurableFileStorage


class Interrupted(ContentFile[bytes]):
    """A file that can be read to its half."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:  # noqa: ARG002 - as in the base class
        yield b"half"
        raise InterruptedError


def test_half_a_file_that_a_killed_process_left_is_removed_with_its_file(tmp_path: Any) -> None:
    storage = DurableFileStorage(location=tmp_path)
    storage.save("images/1.png", ContentFile(b"first"))
    (tmp_path / f"images/1.png.4711{PARTIAL}").write_bytes(b"half")
    storage.delete("images/1.png")
    assert storage.listdir("images")[1] == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Any) -> None:
    storage = DurableFileStorage(location=tmp_path)
    for _ in range(2):
        with pytest.raises(InterruptedError):
            storage.save("images/1.png", Interrupted(b""))
    assert storage.listdir("images")[1] == []


def test_a_file_of_an_earlier_write_stays_until_the_next_is_complete(tmp_path: Any) -> None:
    storage = DurableFileStorage(location=tmp_path)
    storage.save("images/1.png", ContentFile(b"first"))
    with pytest.raises(InterruptedError):
        storage.save("images/1.png", Interrupted(b""))
    with storage.open("images/1.png") as file:
        assert file.read() == b"first"
    storage.save("images/1.png", ContentFile(b"second"))
    with storage.open("images/1.png") as file:
        assert file.read() == b"second"
    storage.delete("images/1.png")
    assert storage.listdir("images")[1] == []
