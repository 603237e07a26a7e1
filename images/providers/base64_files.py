"""Sends the pictures of a JSON request from their files, in base64, so that no request keeps them in memory.

An SDK builds the body with a short placeholder for each picture. When the body is sent, the pictures replace them.
"""

import contextlib
import contextvars
import re
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Final

import httpx2
import pybase64

from images.providers import SourcePicture

# In hexadecimal digits, whose base64 has only letters and digits.
PLACEHOLDER_DIGITS: Final = 48
# A multiple of three bytes, which base64 encodes without padding.
PIECE_BYTES: Final = 384 * 1024

_attached: contextvars.ContextVar[Mapping[bytes, SourcePicture]] = contextvars.ContextVar("attached")


@contextlib.contextmanager
def attached(pictures: Sequence[SourcePicture]) -> Iterator[list[bytes]]:
    """Yield a placeholder for each picture, which requests of this task carry as the bytes of that picture."""
    placeholders = [secrets.token_hex(PLACEHOLDER_DIGITS // 2).encode() for _ in pictures]
    encoded = (pybase64.b64encode(placeholder) for placeholder in placeholders)
    token = _attached.set(dict(zip(encoded, pictures, strict=True)))
    try:
        yield placeholders
    finally:
        _attached.reset(token)


def fill_in(request: httpx2.Request) -> httpx2.Request:
    """Return a request whose body contains the pictures attached to this task; the same one if there are none."""
    pictures = _attached.get({})
    if not pictures:
        return request
    pattern = re.compile(b"(" + b"|".join(pictures) + b")")
    stream = _Body([pictures.get(part, part) for part in pattern.split(request.content)])
    headers = request.headers.copy()
    headers["Content-Length"] = str(stream.byte_size)
    return httpx2.Request(request.method, request.url, headers=headers, stream=stream, extensions=request.extensions)


class _Body(httpx2.AsyncByteStream):
    def __init__(self, parts: Sequence[bytes | SourcePicture]) -> None:
        self._parts = parts

    @property
    def byte_size(self) -> int:
        return sum(len(part) if isinstance(part, bytes) else -(-part.byte_size // 3) * 4 for part in self._parts)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            for position in range(0, part.byte_size, PIECE_BYTES):
                yield pybase64.b64encode(part.read_at(position, PIECE_BYTES))
