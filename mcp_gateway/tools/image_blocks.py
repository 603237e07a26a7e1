"""Stored pictures as MCP content blocks: the bytes, or a link."""

import asyncio
import logging
from typing import Any

import pybase64

from images.models import Image
from images.snapshots import ImageSnapshot
from images.storage import downloads, files, thumbnails
from infrastructure.observability.tracebacks import redacted
from mcp_gateway.tools.schemas import ImageOutput

logger = logging.getLogger(__name__)


async def build(image: Image, output: ImageOutput) -> list[dict[str, Any]]:
    """Return a list with the block of the image's picture or thumbnail; empty if there is none or it is unreadable."""
    if output == "none" or not image.picture_name:
        return []
    preview = output == "preview"
    try:
        data = await read_base64(image, is_thumbnail=preview)
    except Exception as error:
        # The image is generated and charged, and its link works again once storage does: return the result without
        # the block instead of failing the call.
        logger.error("image %s: its picture could not be read: %s", image.id, redacted(error))  # noqa: TRY400
        return []
    return [{"type": "image", "data": data, "mimeType": files.THUMBNAIL_MEDIA_TYPE if preview else image.media_type}]


async def read_base64(image: Image, *, is_thumbnail: bool) -> str:
    """Return the image's picture or thumbnail in base64; errors as in `thumbnails.read`."""
    if is_thumbnail:
        return pybase64.b64encode_as_string(await thumbnails.read(image))
    return await asyncio.to_thread(files.read_base64, image.picture_name)


def links(snapshot: ImageSnapshot) -> list[dict[str, Any]]:
    """Return a list with the resource_link block of the picture; empty if there is none."""
    image = snapshot.image
    if snapshot.image_url is None:
        return []
    link = {
        "type": "resource_link",
        "uri": snapshot.image_url,
        "name": downloads.picture_file(image).file_name,
        "mimeType": image.media_type,
        "size": image.byte_size,
    }
    return [link]
