"""A ZIP of selected pictures, written while it is sent: no file or picture is held in memory or on disk.

The pictures are stored as they are, so that the size is known before the first byte and clients can show progress.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from zipstream import ZipStream

from images.library.selection import Selection
from images.storage import downloads, files
from infrastructure.observability.tracebacks import redacted

logger = logging.getLogger(__name__)

ROWS_PER_QUERY: Final = 500
MISSING: Final = b"This picture is no longer stored.\n"


class PictureIncomplete(Exception):
    """A stored picture is shorter than the size in its row. The download ends early, which clients report as failed."""


@dataclass(frozen=True, slots=True)
class PictureZip:
    """A ZIP that is not written yet: the number of its pictures, its size in bytes, and its content."""

    pictures: int
    byte_size: int
    archive: ZipStream

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the ZIP. Each chunk is read in a thread when the previous one is sent."""
        chunks = iter(self.archive)
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk


def plan(selection: Selection) -> PictureZip:
    """Return the ZIP of the selected pictures, newest first. Images without a picture are left out."""
    archive = ZipStream(sized=True)
    pictures = selection.images().exclude(picture_name="")
    count = 0
    for image in pictures.only(*("prompt", "picture_name", "byte_size", "media_type")).iterator(ROWS_PER_QUERY):
        size = image.byte_size or 0
        # The start of the id keeps the names of pictures with the same prompt apart, and a picture's name the same.
        name = f"{downloads.base_file_name(image)}-{str(image.pk)[:8]}.{files.EXTENSIONS[image.media_type]}"
        archive.add(_content(image.picture_name, size), name, size=size)
        count += 1
    return PictureZip(count, len(archive), archive)


def _content(stored_name: str, size: int) -> Iterator[bytes]:
    """Yield the picture, or a text of the same size if its file was removed after the size was announced."""
    chunks, sent = files.chunks(stored_name, 0, size), 0
    try:
        for chunk in chunks:
            sent += len(chunk)
            yield chunk
    except Exception as error:
        if sent or not files.is_missing(error):
            logger.warning("a ZIP of pictures ended early: %s", redacted(error))
            raise
        yield from _placeholder(size)
        return
    if sent != size:
        raise PictureIncomplete


def _placeholder(size: int) -> Iterator[bytes]:
    text = MISSING[:size]
    yield text
    left = size - len(text)
    while left:
        chunk = b" " * min(left, files.CHUNK_BYTES)
        left -= len(chunk)
        yield chunk
