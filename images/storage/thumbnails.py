"""Thumbnails: made when they are first requested, and stored beside their pictures.

Most pictures that programs request are never shown here, and a thumbnail takes half the worker's time for a picture.
"""

import asyncio
import functools
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pybase64
from django.db import transaction
from django.db.models import QuerySet

from images.models import Image, Upload
from images.pictures import raster
from images.storage import files
from infrastructure import database
from infrastructure.observability.tracebacks import redacted

logger = logging.getLogger(__name__)

# Decoding a large picture with transparency takes hundreds of megabytes of memory.
MADE_AT_ONCE: Final = 2

_threads: Final = ThreadPoolExecutor(MADE_AT_ONCE, thread_name_prefix="thumbnail")


async def read(picture: Image | Upload) -> bytes:
    """Return the thumbnail of a stored picture.

    Raises:
        InvalidPicture: The stored picture was damaged since it was checked.
        Exception: An error of the storage, also if the picture is missing; see `files.is_missing`.
    """
    try:
        return await asyncio.to_thread(files.read, picture.thumbnail_name)
    except Exception as error:
        if not files.is_missing(error):
            raise
    return await database.run_in(_threads, functools.partial(_make, picture))


async def read_base64(picture: Image | Upload) -> str:
    """Return the thumbnail of a stored picture in base64; errors as `read`."""
    return pybase64.b64encode_as_string(await read(picture))


def _make(picture: Image | Upload) -> bytes:
    try:
        # Another request may have made it meanwhile.
        return files.read(picture.thumbnail_name)
    except Exception as error:
        if not files.is_missing(error):
            raise
    stored_name = picture.file_name if isinstance(picture, Upload) else picture.picture_name
    content = raster.thumbnail(files.read(stored_name))
    try:
        _store(picture, content)
    except Exception as error:
        # Full storage, for example: the next request makes the thumbnail again.
        logger.warning("a thumbnail was not stored: %s", redacted(error))
    return content


@transaction.atomic
def _store(picture: Image | Upload, content: bytes) -> None:
    # A deletion of the picture waits for this lock and removes the file afterwards, unless it came first.
    row = _rows(picture).select_for_update(no_key=True).values_list("pk").first()
    if row is not None:
        files.write(picture.thumbnail_name, content)


def _rows(picture: Image | Upload) -> QuerySet[Image] | QuerySet[Upload]:
    """Return the row of a picture, unless the picture was deleted."""
    if isinstance(picture, Upload):
        return Upload.objects.filter(pk=picture.pk, user__isnull=False)
    return Image.objects.exclude(picture_name="").filter(pk=picture.pk)
