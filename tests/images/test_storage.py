"""Keeping, reading and removing pictures, in files and in S3."""

import uuid

import pytest

from images import storage

pytestmark = pytest.mark.usefixtures("any_storage")


@pytest.fixture
def image_id() -> uuid.UUID:
    return uuid.uuid4()


def test_what_was_written_is_read(image_id: uuid.UUID) -> None:
    name = storage.picture_name(image_id, 1, "image/png")
    storage.write(name, b"a picture")
    assert storage.read(name) == b"a picture"


def test_a_second_write_replaces_a_broken_first(image_id: uuid.UUID) -> None:
    name = storage.picture_name(image_id, 1, "image/png")
    storage.write(name, b"a pic")
    storage.write(name, b"a picture")
    assert storage.read(name) == b"a picture"
    assert storage.left_by_earlier_attempts(image_id) == [name]


@pytest.mark.parametrize(("start", "length"), [(0, 600_000), (0, 1), (599_999, 1), (300_000, 270_000)])
def test_a_part_is_streamed(image_id: uuid.UUID, start: int, length: int) -> None:
    content = bytes(range(256)) * 2400
    name = storage.picture_name(image_id, 1, "image/png")
    storage.write(name, content)
    chunks = list(storage.chunks(name, start, length))
    assert b"".join(chunks) == content[start : start + length]
    assert max(len(chunk) for chunk in chunks) <= storage.CHUNK_BYTES


def test_a_missing_file_is_recognised(image_id: uuid.UUID) -> None:
    with pytest.raises(Exception) as missing:  # noqa: PT011 - each storage raises its own
        next(storage.chunks(storage.picture_name(image_id, 1, "image/png"), 0, 10))
    assert storage.is_missing(missing.value)


def test_earlier_attempts_are_found_latest_first(image_id: uuid.UUID) -> None:
    for attempt in (2, 10, 1):
        storage.write(storage.picture_name(image_id, attempt, "image/jpeg"), b"x")
        storage.write(storage.thumbnail_name(image_id, attempt), b"x")
    found = storage.left_by_earlier_attempts(image_id)
    assert [name.rpartition("/")[2] for name in found] == ["10.jpg", "2.jpg", "1.jpg"]


def test_an_image_without_files_has_none(image_id: uuid.UUID) -> None:
    assert storage.left_by_earlier_attempts(image_id) == []
    storage.remove(image_id)


def test_one_attempts_files_can_be_removed(image_id: uuid.UUID) -> None:
    for attempt in (1, 11):
        storage.write(storage.picture_name(image_id, attempt, "image/png"), b"x")
        storage.write(storage.thumbnail_name(image_id, attempt), b"x")
    storage.remove(image_id, attempt=1)
    assert storage.left_by_earlier_attempts(image_id) == [storage.picture_name(image_id, 11, "image/png")]
    assert storage.read(storage.thumbnail_name(image_id, 11)) == b"x"


def test_all_but_what_an_image_names_can_be_removed(image_id: uuid.UUID) -> None:
    kept = storage.picture_name(image_id, 2, "image/png")
    for name in (kept, storage.picture_name(image_id, 1, "image/png"), storage.thumbnail_name(image_id, 1)):
        storage.write(name, b"x")
    storage.remove(image_id, keep={kept})
    assert storage.left_by_earlier_attempts(image_id) == [kept]
