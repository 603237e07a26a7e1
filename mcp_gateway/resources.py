"""The resources: the caller's images and their thumbnails, and documents that are the same for everyone."""

import asyncio
import base64
import binascii
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mcp.server.caching import CacheHint
from mcp_types import PaginatedRequestParams, ReadResourceRequestParams

from accounts.oauth import scopes
from images import generation
from images.exceptions import ImageNotFound, NotReady
from images.library import listing
from images.models import Image
from images.storage import downloads, files
from infrastructure import database
from infrastructure.exceptions import Unavailable
from infrastructure.observability.tracebacks import redacted
from mcp_gateway import rpc_errors, viewer
from mcp_gateway.client_features import ClientFeatures
from mcp_gateway.rpc_errors import Context, caller_of
from mcp_gateway.tools import image_blocks
from mcp_gateway.transport.methods import Method, Parameters

PAGE_SIZE: Final = 50
TITLE_MAX_CHARACTERS: Final = 80
CURSOR_MAX_CHARACTERS: Final = 200
IMAGE_URI: Final = "getimages://images/{id}"
THUMBNAIL_URI: Final = "getimages://images/{id}/thumbnail"
IMAGE_URI_PATTERN: Final = re.compile(
    r"getimages://images/(?P<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?P<thumbnail>/thumbnail)?", re.ASCII
)

TEMPLATES: Final[list[dict[str, Any]]] = [
    {
        "name": "image",
        "title": "Image",
        "uriTemplate": IMAGE_URI,
        "description": "The stored file of one of your images: PNG, JPEG or WebP.",
    },
    {
        "name": "thumbnail",
        "title": "Thumbnail",
        "uriTemplate": THUMBNAIL_URI,
        "description": "A small WebP of one of your images, for lists and previews.",
        "mimeType": files.THUMBNAIL_MEDIA_TYPE,
    },
]


@dataclass(frozen=True, slots=True)
class Document:
    """A resource that is the same for every caller.

    Attributes:
        declaration: Its entry in the result of resources/list, with its `uri`.
        read: Returns its entry in `contents` of resources/read. It runs in a thread.
        is_listed_for: Returns whether the list of a client with these features has it. Every client can read it.
    """

    declaration: dict[str, Any]
    read: Callable[[], dict[str, Any]]
    is_listed_for: Callable[[ClientFeatures], bool]

    @property
    def uri(self) -> str:
        uri: str = self.declaration["uri"]
        return uri


DOCUMENTS: Final = {viewer.URI: Document(viewer.declaration(), viewer.content, lambda features: features.viewer)}


@rpc_errors.reported
async def list_resources(context: Context, parameters: PaginatedRequestParams) -> dict[str, Any]:
    """Return a page of resources: on the first one the documents, then images, newest first."""
    position = None if parameters.cursor is None else _position(parameters.cursor)
    images = await database.run_blocking(_images_after, context, position)
    page = images[:PAGE_SIZE]
    features = ClientFeatures.declared(context)
    documents = [document.declaration for document in DOCUMENTS.values() if document.is_listed_for(features)]
    first = documents if position is None else []
    result = {"resources": [*first, *map(_declaration, page)], "resultType": "complete"}
    return {**result, "nextCursor": _cursor(page[-1])} if len(images) > PAGE_SIZE else result


@rpc_errors.reported
async def list_templates(_context: Context, _parameters: PaginatedRequestParams) -> dict[str, Any]:
    """Return the templates of the URIs of images."""
    return {"resourceTemplates": TEMPLATES, "resultType": "complete"}


@rpc_errors.reported
async def read_resource(context: Context, parameters: ReadResourceRequestParams) -> dict[str, Any]:
    """Return the content of a document, or the bytes of one of the caller's images or its thumbnail."""
    uri = str(parameters.uri)
    document = DOCUMENTS.get(uri)
    content = await (asyncio.to_thread(document.read) if document is not None else _image_content(context, uri))
    return {"contents": [content], "resultType": "complete"}


async def _image_content(context: Context, uri: str) -> dict[str, Any]:
    match = IMAGE_URI_PATTERN.fullmatch(uri)
    if match is None:
        raise rpc_errors.resource_not_found(context, uri)
    try:
        image = await database.run_blocking(generation.find, caller_of(context), match["id"])
    except ImageNotFound:
        raise rpc_errors.resource_not_found(context, uri) from None
    if not image.picture_name:
        raise NotReady(image.status, "Only an image that succeeded has a picture.")
    is_thumbnail = match["thumbnail"] is not None
    return {
        "uri": uri,
        "mimeType": files.THUMBNAIL_MEDIA_TYPE if is_thumbnail else image.media_type,
        "blob": await _read_base64(image, is_thumbnail=is_thumbnail),
    }


async def _read_base64(image: Image, *, is_thumbnail: bool) -> str:
    try:
        return await image_blocks.read_base64(image, is_thumbnail=is_thumbnail)
    except Exception as error:
        rpc_errors.logger.error("image %s: its picture could not be read: %s", image.id, redacted(error))
        raise Unavailable from None


def _images_after(context: Context, position: tuple[datetime, uuid.UUID] | None) -> list[Image]:
    # One more than the page has, which shows whether there is another page.
    return listing.succeeded_after(caller_of(context), position, limit=PAGE_SIZE + 1)


def _declaration(image: Image) -> dict[str, Any]:
    title = " ".join(image.prompt.split())
    if len(title) > TITLE_MAX_CHARACTERS:
        title = title[: TITLE_MAX_CHARACTERS - 1] + "…"
    return {
        "uri": IMAGE_URI.format(id=image.id),
        "name": downloads.picture_file(image).file_name,
        "title": title,
        "mimeType": image.media_type,
        "size": image.byte_size,
        "annotations": {"lastModified": f"{image.finished_at:%Y-%m-%dT%H:%M:%SZ}"},
    }


def _cursor(image: Image) -> str:
    text = f"{image.created_at.astimezone(UTC).isoformat()}/{image.id}"
    return base64.urlsafe_b64encode(text.encode()).decode("ascii")


def _position(cursor: str) -> tuple[datetime, uuid.UUID]:
    """Return the position that a cursor of ours encodes. A forged one only selects among the caller's own images."""
    try:
        if len(cursor) > CURSOR_MAX_CHARACTERS:
            raise ValueError
        created_at, _, image_id = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii").partition("/")
        position = datetime.fromisoformat(created_at), uuid.UUID(image_id)
        if position[0].tzinfo is None:
            raise ValueError
    except (ValueError, binascii.Error):
        raise rpc_errors.invalid("Invalid cursor. Call resources/list without a cursor to start again.") from None
    return position


def _list_scope(_parameters: Parameters) -> str:
    return scopes.READ


def _content_scope(parameters: Parameters) -> str | None:
    # A document contains nothing of the caller.
    uri = parameters.get("uri")
    return None if isinstance(uri, str) and uri in DOCUMENTS else scopes.READ


METHODS: Final = {
    # A new image is in the list after this time, at the latest.
    "resources/list": Method(
        PaginatedRequestParams, list_resources, required_scope=_list_scope, cache_hint=CacheHint(ttl_ms=5_000)
    ),
    "resources/templates/list": Method(
        PaginatedRequestParams, list_templates, cache_hint=CacheHint(ttl_ms=300_000, scope="public")
    ),
    # The picture of an image never changes, but the user can delete it.
    "resources/read": Method(
        ReadResourceRequestParams, read_resource, required_scope=_content_scope, cache_hint=CacheHint(ttl_ms=300_000)
    ),
}
