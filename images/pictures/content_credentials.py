"""Finds content credentials: a C2PA manifest, with which a provider signs a picture and its origin.

Where a manifest is stored is in the C2PA specification, "Embedding manifests into various file formats".
"""

import struct
from typing import Final

from images.pictures import plain_png

JPEG_START: Final = b"\xff\xd8"
# The JPEG segment of JUMBF boxes is APP11; after the segment of the image data (SOS) no manifest follows.
APP11, START_OF_SCAN = 0xEB, 0xDA
JUMBF: Final = b"jumb"


def has_manifest(content: bytes) -> bool:
    """Return whether the bytes of a PNG, JPEG or WebP file contain a manifest; its signature is not checked."""
    try:
        if content.startswith(plain_png.SIGNATURE):
            return _has_png_chunk(content)
        if content.startswith(b"RIFF"):
            return _has_webp_chunk(content)
        return content.startswith(JPEG_START) and _has_jumbf_segment(content)
    except struct.error:
        # Data after the last complete chunk.
        return False


def _has_png_chunk(content: bytes) -> bool:
    position, name = len(plain_png.SIGNATURE), b""
    # Bytes after the last chunk are not part of the picture.
    while position < len(content) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", content, position)
        if name == b"caBX":
            return True
        # Length, name and check sum surround the data.
        position += length + 12
    return False


def _has_webp_chunk(content: bytes) -> bool:
    (length,) = struct.unpack_from("<I", content, 4)
    position, end = 12, min(len(content), 8 + length)
    while position < end:
        name, length = struct.unpack_from("<4sI", content, position)
        if name == b"C2PA":
            return True
        # Chunks are padded to an even length.
        position += length + length % 2 + 8
    return False


def _has_jumbf_segment(content: bytes) -> bool:
    position = len(JPEG_START)
    while position < len(content):
        mark, kind, length = struct.unpack_from(">BBH", content, position)
        if mark != 0xFF or kind == START_OF_SCAN:
            return False
        if kind == APP11 and JUMBF in content[position + 4 : position + 2 + length]:
            return True
        position += 2 + length
    return False
