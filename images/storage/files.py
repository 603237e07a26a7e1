"""Stored files of images: their names, and functions that write, read, stream and remove them.

The names contain the number of the attempt, so that two attempts cannot overwrite or remove each other's files.
"""

import errno
import glob
import os
import re
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final

import pybase64
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

EXTENSIONS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
THUMBNAIL_MEDIA_TYPE: Final = "image/webp"
CHUNK_BYTES = 256 * 1024
# The end of the name of a file that is being written to the disk.
PARTIAL: Final = ".partial"
PICTURE_FILE: Final = re.compile(r"(\d+)\.[a-z]+")
# No space, no space within the quota, and larger than the largest file allowed.
FULL_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DurableFileStorage(FileSystemStorage):
    """File storage whose files appear complete under their names, and are on disk before it returns.

    A finished image survives a power failure, and nobody reads half a file.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_overwrite=True)

    def _save(self, name: str, content: Any) -> str:
        path = Path(self.path(name))
        # Two web processes may write the same thumbnail.
        partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL}")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                for chunk in content.chunks(CHUNK_BYTES):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        except BaseException:
            # A later try writes under another name, and would not replace this one.
            partial.unlink(missing_ok=True)
            raise
        # The directory entries must be on disk as well: that of the file, and that of a folder that may be new.
        for folder in (path.parent, path.parent.parent):
            _flush(folder)
        return name

    def delete(self, name: str) -> None:
        """Delete a file, and what interrupted writes of it left."""
        path = Path(self.path(name))
        for partial in path.parent.glob(f"{glob.escape(path.name)}.*{PARTIAL}"):
            partial.unlink(missing_ok=True)
        super().delete(name)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def backend() -> Storage:
    """Return the storage configured in settings: local files or S3."""
    return storages["pictures"]


def folder(image_id: uuid.UUID) -> str:
    """Return the folder of an image's files."""
    return f"images/{image_id}"


def picture_name(image_id: uuid.UUID, attempt: int, media_type: str) -> str:
    """Return the storage name of an attempt's picture."""
    return f"{folder(image_id)}/{attempt}.{EXTENSIONS[media_type]}"


def thumbnail_name(picture_name: str) -> str:
    """Return the storage name of a picture's thumbnail, which is in the same folder."""
    return f"{picture_name.rpartition('.')[0]}-thumbnail.webp"


def write(name: str, content: bytes) -> None:
    """Store the content under this name, replacing a file of this name."""
    backend().save(name, ContentFile(content))


def read(name: str) -> bytes:
    """Return the content of the file."""
    with backend().open(name) as file:
        content: bytes = file.read()
    return content


def read_base64(name: str) -> str:
    """Return the content of the file in base64."""
    return pybase64.b64encode_as_string(read(name))


def leftover_pictures(image_id: uuid.UUID) -> list[str]:
    """Return the names of the pictures that attempts at this image stored, latest attempt first."""
    numbered = [(PICTURE_FILE.fullmatch(name.rpartition("/")[2]), name) for name in _names(image_id)]
    return [name for _, name in sorted(((int(match[1]), name) for match, name in numbered if match), reverse=True)]


def remove(image_id: uuid.UUID, *, keep: Collection[str] = (), attempt: int | None = None) -> None:
    """Remove an image's files, or only those of one attempt, except the files to keep."""
    for name in _names(image_id):
        is_selected = attempt is None or name.rpartition("/")[2].startswith((f"{attempt}.", f"{attempt}-"))
        if is_selected and name not in keep:
            backend().delete(name)


def remove_folder(folder_name: str) -> None:
    """Remove every file directly in a folder."""
    for name in _names_in(folder_name):
        backend().delete(name)


def chunks(name: str, start: int, length: int) -> Iterator[bytes]:
    """Yield length bytes of the file from start on, in chunks of at most CHUNK_BYTES.

    Raises:
        Exception: An error of the storage, raised before the first chunk; see `is_missing`.
    """
    storage = backend()
    bucket = getattr(storage, "bucket", None)
    return _chunks_of_object(storage, name, start, length) if bucket else _chunks_of_file(storage, name, start, length)


def is_missing(error: Exception) -> bool:
    """Return whether an error of the storage means that the file does not exist."""
    return isinstance(error, FileNotFoundError) or _s3_code(error) in {"NoSuchKey", "404"}


def is_full(error: BaseException | None) -> bool:
    """Return whether an error of the storage means that it has no space for the file."""
    is_full_disk = isinstance(error, OSError) and error.errno in FULL_ERRNOS
    # The code of MinIO; S3 itself does not fill up.
    return is_full_disk or _s3_code(error) == "XMinioStorageFull"


def _s3_code(error: BaseException | None) -> str | None:
    code: str | None = getattr(error, "response", {}).get("Error", {}).get("Code")
    return code


def _names(image_id: uuid.UUID) -> list[str]:
    return _names_in(folder(image_id))


def _names_in(folder_name: str) -> list[str]:
    try:
        _, file_names = backend().listdir(folder_name)
    except FileNotFoundError:
        return []
    return [f"{folder_name}/{file_name}" for file_name in file_names]


def _chunks_of_file(storage: Storage, name: str, start: int, length: int) -> Iterator[bytes]:
    with storage.open(name) as file:
        file.seek(start)
        while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
            length -= len(chunk)
            yield chunk


def _chunks_of_object(storage: Any, name: str, start: int, length: int) -> Iterator[bytes]:
    # S3Storage.open would fetch the whole object first; the bucket's own API fetches only the range.
    key = storage._normalize_name(name)  # noqa: SLF001
    s3_object = storage.bucket.Object(key).get(Range=f"bytes={start}-{start + length - 1}")
    yield from s3_object["Body"].iter_chunks(CHUNK_BYTES)
