"""Thumbnails: made when they are first requested, and stored beside their pictures.

Most pictures that programs request are never shown here, and a thumbnail takes half the worker's time for a picture.
"""

import asyncio
import functools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from images.models import Image, Upload
from images.pictures import raster
from images.pictures.raster import InvalidPicture
from images.storage import files
from infrastructure import database
from infrastructure.observability.tracebacks import redacted

logger = logging.getLogger(__name__)

# Reading two at once from storage; `raster.decoding` lets one be decoded at a time.
MADE_AT_ONCE: Final = 2

_threads: Final = ThreadPoolExecutor(MADE_AT_ONCE, thread_name_prefix="thumbnail")


async def read(picture: Image | Upload) -> bytes:
    """Return the thumbnail of a stored picture.

    Raises:
        Exception: An error of the storage, also if the picture is missing or damaged; see `files.is_missing`.
    """
    try:
        return await asyncio.to_thread(files.read, picture.thumbnail_name)
    except Exception as error:
        if not files.is_missing(error):
            raise
    content = await database.run_in(_threads, functools.partial(_make, picture))
    try:
        await database.run_blocking(_store, picture, content)
    except Exception as error:
        # Full storage, for example: the next request makes the thumbnail again.
        logger.warning("a thumbnail was not stored: %s", redacted(error))
    return content


def _make(picture: Image | Upload) -> bytes:
    try:
        # Another request may have made it meanwhile.
        return files.read(picture.thumbnail_name)
    except Exception as error:
        if not files.is_missing(error):
            raise
    content = files.read(picture.file_name if isinstance(picture, Upload) else picture.picture_name)
    try:
        with raster.decoding:
            return raster.thumbnail(content)
    except InvalidPicture as error:
        # It was whole when it was stored.
        logger.error("a stored picture is damaged: %s", picture.pk)  # noqa: TRY400
        raise FileNotFoundError from error


def _store(picture: Image | Upload, content: bytes) -> None:
    # No lock: storage may take long. A deletion after the last check removes the file; the check sees an earlier one.
    if _exists(picture):
        files.write(picture.thumbnail_name, content)
        if not _exists(picture):
            files.backend().delete(picture.thumbnail_name)


def _exists(picture: Image | Upload) -> bool:
    if isinstance(picture, Upload):
        return Upload.objects.filter(pk=picture.pk, user__isnull=False).exists()
    return Image.objects.exclude(picture_name="").filter(pk=picture.pk).exists()
