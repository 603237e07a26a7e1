"""Where pictures lie: their names, writing, reading in parts, and removing what nobody needs.

Each attempt writes under names of its own, so that two of them can never overwrite or remove each other's bytes.
"""

import os
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

EXTENSIONS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
THUMBNAIL_MEDIA_TYPE: Final = "image/webp"
CHUNK_BYTES = 256 * 1024


class DurableFileStorage(FileSystemStorage):
    """Files on this machine that are on the disk, not only in its cache, before their image is called finished."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_overwrite=True)

    def _save(self, name: str, content: Any) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc]
        path = Path(self.path(saved))
        # A file is found again after a power cut if the folder that names it, itself perhaps new, is on the disk too.
        for each in (path, path.parent, path.parent.parent):
            _flush(each)
        return saved


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backend() -> Storage:
    """Return the storage that settings name: files, or S3."""
    return storages["pictures"]


def folder(image_id: uuid.UUID) -> str:
    """Return where everything of an image lies."""
    return f"images/{image_id}"


def picture_name(image_id: uuid.UUID, attempt: int, media_type: str) -> str:
    """Return the name under which this attempt keeps its picture."""
    return f"{folder(image_id)}/{attempt}.{EXTENSIONS[media_type]}"


def thumbnail_name(image_id: uuid.UUID, attempt: int) -> str:
    """Return the name under which this attempt keeps its thumbnail."""
    return f"{folder(image_id)}/{attempt}-thumbnail.webp"


def write(name: str, content: bytes) -> None:
    """Keep the bytes under this name, replacing what a broken write may have left there."""
    backend().save(name, ContentFile(content))


def read(name: str) -> bytes:
    """Return all bytes under this name."""
    with backend().open(name) as file:
        content: bytes = file.read()
    return content


def size(name: str) -> int:
    """Return how many bytes there are under this name."""
    bytes_there: int = backend().size(name)
    return bytes_there


def leftover_pictures(image_id: uuid.UUID) -> list[str]:
    """Return the names of pictures that attempts on this image have left, the latest first."""
    names = [name for name in _names(image_id) if "-thumbnail" not in name]
    return sorted(names, key=lambda name: int(name.rpartition("/")[2].partition(".")[0]), reverse=True)


def remove(image_id: uuid.UUID, *, keep: Collection[str] = (), attempt: int | None = None) -> None:
    """Remove an image's files: all but those to keep, or only those of one attempt."""
    for name in _names(image_id):
        of_attempt = attempt is None or name.rpartition("/")[2].startswith((f"{attempt}.", f"{attempt}-"))
        if of_attempt and name not in keep:
            backend().delete(name)


def chunks(name: str, start: int, length: int) -> Iterator[bytes]:
    """Yield a part of the bytes under this name, a quarter of a mebibyte at a time.

    Raises:
        Exception: What the storage raises, before the first chunk; is_missing tells what it means.
    """
    storage = backend()
    bucket = getattr(storage, "bucket", None)
    return _chunks_of_object(storage, name, start, length) if bucket else _chunks_of_file(storage, name, start, length)


def is_missing(error: Exception) -> bool:
    """Tell a file that is not there from a storage that is out of order."""
    code = getattr(error, "response", {}).get("Error", {}).get("Code")
    return isinstance(error, FileNotFoundError) or code in {"NoSuchKey", "404"}


def _names(image_id: uuid.UUID) -> list[str]:
    where = folder(image_id)
    try:
        _, files = backend().listdir(where)
    except FileNotFoundError:
        return []
    return [f"{where}/{file}" for file in files]


def _chunks_of_file(storage: Storage, name: str, start: int, length: int) -> Iterator[bytes]:
    with storage.open(name) as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk


def _chunks_of_object(storage: Any, name: str, start: int, length: int) -> Iterator[bytes]:
    # S3Storage.open would fetch the whole object first; its bucket can send just the part that is wanted.
    key = storage._normalize_name(name)  # noqa: SLF001
    answer = storage.bucket.Object(key).get(Range=f"bytes={start}-{start + length - 1}")
    yield from answer["Body"].iter_chunks(CHUNK_BYTES)
