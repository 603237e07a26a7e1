"""Waiting for an image to be final, without holding a thread or a connection, whichever process finishes it."""

import asyncio
import uuid
from typing import Final, LiteralString

from images.listener import listener
from infrastructure import database

RECHECK_SECONDS = 5.0

IS_FINAL: Final[LiteralString] = "SELECT finished_at IS NOT NULL AS final FROM images_image WHERE id = %(id)s"


async def until_final(image_id: uuid.UUID, *, seconds: float) -> bool:
    """Return as soon as the image is final, after this many seconds, or when the process is about to stop.

    Returns:
        Whether the image is final.
    """
    end = asyncio.get_running_loop().time() + seconds
    ears = listener()
    with ears.watching(image_id) as changed:
        while True:
            changed.clear()
            if await _is_final(image_id):
                return True
            left = end - asyncio.get_running_loop().time()
            if left <= 0 or ears.closing:
                return False
            try:
                async with asyncio.timeout(min(left, RECHECK_SECONDS)):
                    await changed.wait()
            except TimeoutError:
                continue


async def _is_final(image_id: uuid.UUID) -> bool:
    row = await database.fetch_one(IS_FINAL, {"id": image_id})
    return bool(row and row["final"])
