"""HTTP responses with stored pictures, complete or partial, streamed from storage."""

import asyncio
import logging
import re
import unicodedata
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from django.utils.text import slugify

from images.models import Image, Upload
from images.storage import files, links, thumbnails
from infrastructure.exceptions import InvalidArguments, Unavailable
from infrastructure.http import request_headers
from infrastructure.observability.tracebacks import redacted

FILE_NAME_MAX_CHARACTERS = 60
# Most file systems allow 255 bytes, with the extension and what a browser adds to a second copy.
FILE_NAME_MAX_BYTES = 180
# A single range; a request for several gets the whole file. 18 digits bound the work of parsing a number.
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class RangeNotSatisfiable(Exception):
    """The requested range starts after the end of the file."""


logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in storage, with the values of its response headers."""

    stored_name: str
    byte_size: int
    media_type: str
    etag: str
    file_name: str
    # The bytes, if they were read already.
    content: bytes | None = None


def picture_file(image: Image) -> StoredFile:
    """Return the picture of an image that has one."""
    return StoredFile(
        image.picture_name,
        image.byte_size or 0,
        image.media_type,
        f'"{image.sha256}"',
        f"{base_file_name(image)}.{files.EXTENSIONS[image.media_type]}",
    )


def upload_file(upload: Upload) -> StoredFile:
    """Return the picture of an upload that has one."""
    file_name = f"{upload.id}.{files.EXTENSIONS[upload.media_type]}"
    return StoredFile(upload.file_name, upload.byte_size or 0, upload.media_type, f'"{upload.sha256}"', file_name)


async def thumbnail_file(image: Image) -> StoredFile:
    """Return the thumbnail of an image that has one.

    Raises:
        Http404: The file does not exist.
        Unavailable: The storage returned an error.
    """
    return await _thumbnail_file(image, base_file_name(image))


async def upload_thumbnail_file(upload: Upload) -> StoredFile:
    """Return the thumbnail of an upload that has a picture; the picture itself if it was stored without a thumbnail.

    Raises:
        Http404: The file does not exist.
        Unavailable: The storage returned an error.
    """
    return await _thumbnail_file(upload, str(upload.id)) if upload.thumbnail_name else upload_file(upload)


def base_file_name(image: Image) -> str:
    """Return the prompt's words in lower case, in any script, joined by hyphens; the image's id if it has none."""
    prompt = unicodedata.normalize("NFC", image.prompt).lower()
    words = "".join(_file_name_character(character) for character in prompt)
    name = re.sub(r"-+", "-", words).strip("-")[:FILE_NAME_MAX_CHARACTERS]
    return name.encode()[:FILE_NAME_MAX_BYTES].decode(errors="ignore").strip("-") or str(image.id)


def _file_name_character(character: str) -> str:
    category = unicodedata.category(character)
    # Letters, the marks that belong to them, and digits.
    if category[0] in "LMN":
        return character
    # Apostrophes and invisible formats are within a word.
    return "" if character in "'\N{RIGHT SINGLE QUOTATION MARK}" or category == "Cf" else "-"


def content_disposition(disposition: str, file_name: str) -> str:
    """Return a Content-Disposition header: `inline` or `attachment`, with the file name.

    A name outside of ASCII is sent as `filename*` (RFC 6266, RFC 8187), preceded by an ASCII name for old clients.
    """
    if file_name.isascii():
        return f'{disposition}; filename="{file_name}"'
    stem, _, extension = file_name.rpartition(".")
    ascii_name = f"{slugify(stem) or 'image'}.{extension}"
    return f"{disposition}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(file_name, safe='')}"


async def _thumbnail_file(picture: Image | Upload, base_name: str) -> StoredFile:
    try:
        content = await thumbnails.read(picture)
    except Exception as error:
        raise _download_error(error) from error
    etag = f'"{picture.sha256}-thumbnail"'
    file_name = f"{base_name}-thumbnail.webp"
    return StoredFile(picture.thumbnail_name, len(content), files.THUMBNAIL_MEDIA_TYPE, etag, file_name, content)


def _download_error(error: Exception) -> Exception:
    """Return the error that a download raises for an error of the storage."""
    if files.is_missing(error):
        return Http404()
    logger.error("storage did not respond: %s", redacted(error))
    return Unavailable()


async def file_response(request: HttpRequest, file: StoredFile) -> HttpResponseBase:
    """Return a response with the file, or with the requested range of it, and headers for downloads and caches.

    Raises:
        Http404: The file does not exist.
        Unavailable: The storage returned an error.
    """
    if _client_has(request, file.etag):
        return _with_headers(HttpResponse(status=304), file)
    try:
        requested = _requested_range(request, file)
    except RangeNotSatisfiable:
        response: HttpResponseBase = HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.byte_size}"})
        del response["Content-Type"]
        return response
    start, length = requested or (0, file.byte_size)
    # HEAD reads one byte to detect a missing file.
    chunks = await _open(file, start, length if request.method == "GET" else 1)
    response = StreamingHttpResponse(chunks) if request.method == "GET" else HttpResponse()
    if requested:
        response.status_code = 206
        response["Content-Range"] = f"bytes {start}-{start + length - 1}/{file.byte_size}"
    response["Content-Length"] = str(length)
    return _with_headers(response, file)


def _with_headers(response: HttpResponseBase, file: StoredFile) -> HttpResponseBase:
    response["Content-Type"] = file.media_type
    response["Content-Disposition"] = content_disposition("inline", file.file_name)
    response["ETag"] = file.etag
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(response, private=True, max_age=links.LIFETIME_SECONDS)
    return response


def _client_has(request: HttpRequest, etag: str) -> bool:
    etags = parse_etags(request.headers.get("If-None-Match", ""))
    return etags == ["*"] or etag in [client_etag.removeprefix("W/") for client_etag in etags]


def _requested_range(request: HttpRequest, file: StoredFile) -> tuple[int, int] | None:
    """Return the requested range as its first byte and its length; None for the whole file (RFC 9110, section 14).

    Raises:
        RangeNotSatisfiable: The range starts after the end of the file.
    """
    try:
        match = RANGE.fullmatch(request_headers.single_value(request, "Range") or "")
        condition = request_headers.single_value(request, "If-Range")
    except InvalidArguments:
        # A server may ignore a range.
        return None
    # RFC 9110 defines ranges for GET only.
    if request.method != "GET" or match is None or condition not in {None, file.etag}:
        return None
    size = file.byte_size
    first, last = match.groups()
    if first:
        start, end = int(first), min(int(last or size), size - 1)
    else:
        start, end = size - min(int(last or 0), size), size - 1
    # A range that ends before it starts, or has neither bound, is invalid and ignored.
    if not (first or last) or (first and last and int(last) < start):
        return None
    if start >= size:
        raise RangeNotSatisfiable
    return start, end - start + 1


async def _open(file: StoredFile, start: int, length: int) -> AsyncIterator[bytes]:
    """Read the first chunk before any header is sent, so that a missing file gives a 404, not a truncated response."""
    if file.content is not None:
        return _stream(file.content[start : start + length], iter(()))
    chunks = files.chunks(file.stored_name, start, length)
    try:
        first = await asyncio.to_thread(next, chunks, b"")
    except Exception as error:
        raise _download_error(error) from error
    return _stream(first, chunks)


async def _stream(first: bytes, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = await asyncio.to_thread(next, chunks, b"")
