"""Writing, reading and removing files, in local files and in three S3 servers, two of which refuse checksums."""

import uuid

import pytest

from images.storage import files, probe

pytestmark = pytest.mark.usefixtures("every_storage")


@pytest.fixture
def image_id() -> uuid.UUID:
    return uuid.uuid4()


def test_written_content_is_read_back(image_id: uuid.UUID) -> None:
    name = files.picture_name(image_id, 1, "image/png")
    files.write(name, b"a picture")
    assert files.read(name) == b"a picture"


def test_a_large_picture_is_written_and_read_back(image_id: uuid.UUID) -> None:
    # Above 8 MiB boto3 uploads in parts.
    content = bytes(range(256)) * 40_000
    name = files.picture_name(image_id, 1, "image/png")
    files.write(name, content)
    assert files.backend().size(name) == len(content)
    assert files.read(name) == content


def test_a_second_write_replaces_an_interrupted_first(image_id: uuid.UUID) -> None:
    name = files.picture_name(image_id, 1, "image/png")
    files.write(name, b"a pic")
    files.write(name, b"a picture")
    assert files.read(name) == b"a picture"
    assert files.leftover_pictures(image_id) == [name]


@pytest.mark.parametrize(("start", "length"), [(0, 600_000), (0, 1), (599_999, 1), (300_000, 270_000)])
def test_a_part_is_streamed(image_id: uuid.UUID, start: int, length: int) -> None:
    content = bytes(range(256)) * 2400
    name = files.picture_name(image_id, 1, "image/png")
    files.write(name, content)
    chunks = list(files.chunks(name, start, length))
    assert b"".join(chunks) == content[start : start + length]
    assert max(len(chunk) for chunk in chunks) <= files.CHUNK_BYTES


def test_a_missing_file_is_recognised(image_id: uuid.UUID) -> None:
    with pytest.raises(Exception) as error:  # noqa: PT011 - the class depends on the storage
        next(files.chunks(files.picture_name(image_id, 1, "image/png"), 0, 10))
    assert files.is_missing(error.value)


def test_leftover_pictures_are_listed_latest_first(image_id: uuid.UUID) -> None:
    for attempt in (2, 10, 1):
        name = files.picture_name(image_id, attempt, "image/jpeg")
        files.write(name, b"x")
        files.write(files.thumbnail_name(name), b"x")
    files.write(f"{files.folder(image_id)}/11.jpg{files.PARTIAL}", b"x")
    leftovers = files.leftover_pictures(image_id)
    assert [name.rpartition("/")[2] for name in leftovers] == ["10.jpg", "2.jpg", "1.jpg"]


def test_an_image_without_files_has_none(image_id: uuid.UUID) -> None:
    assert files.leftover_pictures(image_id) == []
    files.remove(image_id)


def test_files_of_one_attempt_can_be_removed(image_id: uuid.UUID) -> None:
    removed, kept = (files.picture_name(image_id, attempt, "image/png") for attempt in (1, 11))
    for name in (removed, kept):
        files.write(name, b"x")
        files.write(files.thumbnail_name(name), b"x")
    files.remove(image_id, attempt=1)
    assert files.leftover_pictures(image_id) == [kept]
    assert files.read(files.thumbnail_name(kept)) == b"x"


def test_all_files_but_those_in_use_can_be_removed(image_id: uuid.UUID) -> None:
    removed, kept = (files.picture_name(image_id, attempt, "image/png") for attempt in (1, 2))
    for name in (kept, removed, files.thumbnail_name(removed)):
        files.write(name, b"x")
    files.remove(image_id, keep={kept})
    assert files.leftover_pictures(image_id) == [kept]


def test_the_readiness_probe_writes_a_file_and_removes_it() -> None:
    probe.write_and_remove()
    assert probe.is_writable()
    _, names = files.backend().listdir("")
    assert names == []
