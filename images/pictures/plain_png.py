"""Recognizes complete PNG files of the common kind without decoding them.

Decoding is the largest part of the work on a picture, and a picture that stays as it is needs no pixels.
"""

import struct
from typing import Final

from isal import igzip_lib, isal_zlib

# The names are those of the specification: Portable Network Graphics (PNG), third edition, sections 5, 10 and 11.
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
HEADER: Final = struct.Struct(">IIBBBBB")
# By colour type: the bit depths, and the samples of a pixel. A palette is left out: its indexes may be out of range.
DEPTHS: Final = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 4: {8, 16}, 6: {8, 16}}
SAMPLES: Final = {0: 1, 2: 3, 4: 2, 6: 4}
FILTERS: Final = range(5)
# A rotation, and an animation, which has further pictures.
WITH_CONSEQUENCES: Final = frozenset({b"eXIf", b"acTL", b"fcTL"})
# The largest window of zlib (RFC 1950), as its header states it. isal accepts larger ones, other decoders do not.
WINDOW_MAX: Final = 7
CRC_BYTES: Final = 4


def is_complete(content: bytes) -> bool:
    """Return whether the bytes are a PNG whose pixels are all there, neither rotated, animated nor interlaced.

    False means that only decoding can tell. The header and the chunks before the pixels must have been read already, as
    `PIL.Image.open` does.
    """
    try:
        header, data = _parse(content)
        width, height, depth, colour_type, *methods = HEADER.unpack(header)
        if any(methods) or depth not in DEPTHS.get(colour_type, ()) or data[0] >> 4 > WINDOW_MAX:
            return False
        row_bytes = 1 + (width * depth * SAMPLES[colour_type] + 7) // 8
        inflater = isal_zlib.decompressobj()
        # One byte more than expected would be found; no more are produced.
        rows = inflater.decompress(data, row_bytes * height + 1)
    except (ValueError, IndexError, struct.error, igzip_lib.IsalError):  # type: ignore[misc] # the stub says it is an instance
        return False
    return inflater.eof and len(rows) == row_bytes * height and set(rows[::row_bytes]) <= set(FILTERS)


def _parse(content: bytes) -> tuple[bytes, bytes]:
    """Return the header and the compressed pixels.

    Raises:
        ValueError: The file is damaged or has chunks that only a decoder understands.
    """
    if not content.startswith(SIGNATURE):
        raise ValueError("no PNG")
    view, position = memoryview(content), len(SIGNATURE)
    header, data = b"", []
    while True:
        length, name = struct.unpack_from(">I4s", content, position)
        start, end = position + 8, position + 8 + length
        (checksum,) = struct.unpack_from(">I", content, end)
        if isal_zlib.crc32(view[start - 4 : end]) != checksum:
            raise ValueError("a damaged chunk")
        position = end + CRC_BYTES
        if name == b"IHDR" and not header:
            header = bytes(view[start:end])
        elif name == b"IDAT" and header:
            data.append(view[start:end])
        elif name == b"IEND" and position == len(content):
            return header, b"".join(data)
        elif data or not header or name in WITH_CONSEQUENCES or name[:1].isupper():
            # The name of a critical chunk (5.4) begins with a capital letter.
            raise ValueError("only a decoder understands this chunk")
