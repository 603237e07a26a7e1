"""Pictures as MCP carries them: blocks of a result, with the bytes that are stored."""

import asyncio
import base64
import logging
from typing import Any

from images.models import Image
from images.storage import files
from infrastructure.tracebacks import redacted
from mcp_gateway.tools.schemas import ImageOutput

logger = logging.getLogger(__name__)


async def build(image: Image, output: ImageOutput) -> list[dict[str, Any]]:
    """Return the image's picture or thumbnail as a list of one block, or an empty list if there is none to be had."""
    if output == "none" or not image.picture_name:
        return []
    preview = output == "preview"
    name = image.thumbnail_name if preview else image.picture_name
    try:
        data = await asyncio.to_thread(_encoded, name)
    except Exception as error:
        # The image is made and paid for, and its link will work when storage does: that must not be lost.
        logger.error("image %s: its picture could not be read: %s", image.id, redacted(error))  # noqa: TRY400
        return []
    return [{"type": "image", "data": data, "mimeType": files.THUMBNAIL_MEDIA_TYPE if preview else image.media_type}]


def _encoded(name: str) -> str:
    return base64.b64encode(files.read(name)).decode("ascii")
