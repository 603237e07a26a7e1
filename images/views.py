"""The picture behind a link: whole or in part, streamed from storage."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from config import database
from images import links, storage
from images.models import Image

FILE_NAME_MAX_CHARACTERS = 60
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class NoSuchPart(Exception):
    """The range that is asked for begins where the picture has ended."""


@require_safe
async def picture(request: HttpRequest, token: str) -> HttpResponseBase:
    """Answer with the bytes of a picture; every link that is not good is the same 404."""
    image = await database.run_blocking(_image, token)
    if image is None:
        raise Http404
    return await send(request, image, image.picture_name)


def _image(token: str) -> Image | None:
    image_id = links.image_id(token)
    return Image.objects.filter(pk=image_id, deleted_at=None).exclude(picture_name="").first() if image_id else None


async def send(request: HttpRequest, image: Image, name: str) -> HttpResponseBase:
    """Send a stored file of an image with the headers that downloads and caches need."""
    size, etag = image.byte_size or 0, f'"{image.sha256}"'
    if _is_known(request, etag):
        return _with_headers(HttpResponse(status=304), image, etag)
    try:
        part = _part(request, size, etag)
    except NoSuchPart:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, length = part or (0, size)
    chunks = await _opened(name, start, length if request.method == "GET" else 1)
    response = StreamingHttpResponse(chunks) if request.method == "GET" else HttpResponse()
    if part:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    response["Content-Length"] = str(length)
    return _with_headers(response, image, etag)


def _with_headers(response: HttpResponseBase, image: Image, etag: str) -> HttpResponseBase:
    subject = slugify(image.prompt)[:FILE_NAME_MAX_CHARACTERS].strip("-") or str(image.id)
    response["Content-Type"] = image.media_type
    response["Content-Disposition"] = f'inline; filename="{subject}.{storage.EXTENSIONS[image.media_type]}"'
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=links.LIFETIME_SECONDS)
    return response


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return known == ["*"] or etag in [each.removeprefix("W/") for each in known]


def _part(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Return first byte and length of the part that is asked for, or None for the whole (RFC 9110, section 14).

    Raises:
        NoSuchPart: The picture has no such part.
    """
    match = RANGE.fullmatch(request.headers.get("Range", ""))
    # Only GET knows ranges.
    if request.method != "GET" or match is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last or size), size - 1)
    else:
        start, end = size - min(int(last or 0), size), size - 1
    # A range that ends before it begins, or names neither end, is no range, and is ignored.
    if not (first or last) or (first and last and int(last) < start):
        return None
    if start >= size:
        raise NoSuchPart
    return start, end - start + 1


async def _opened(name: str, start: int, length: int) -> AsyncIterator[bytes]:
    """Read the first chunk before any header goes out, so that a missing file is a 404 and not a broken answer."""
    chunks = storage.chunks(name, start, length)
    try:
        first = await asyncio.to_thread(next, chunks, b"")
    except Exception as error:
        if storage.is_missing(error):
            raise Http404 from error
        raise
    return _stream(first, chunks)


async def _stream(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = await asyncio.to_thread(next, chunks, b"")
