"""Picture files of every kind for the tests: raw PNG files, ICC profiles, and four quadrants of different colours."""

import io
import itertools
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from PIL import Image

Colour = tuple[int, ...]

# Top left, top right, bottom left, bottom right.
RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 60), (40, 60, 210), (128, 128, 128)
COLOURS: tuple[Colour, ...] = (RED, GREEN, BLUE, GREY)
GREYS = (20, 90, 160, 230)
ORIENTATION = 0x0112


def quadrants(mode: str = "RGB", colours: Any = COLOURS, size: tuple[int, int] = (240, 160)) -> Image.Image:
    """Return a picture of four quadrants."""
    picture, (width, height) = Image.new(mode, size), size
    corners = [(0, 0), (width // 2, 0), (0, height // 2), (width // 2, height // 2)]
    for (left, top), colour in zip(corners, colours, strict=True):
        picture.paste(colour, (left, top, left + width // 2, top + height // 2))
    return picture


def encode(picture: Image.Image, file_format: str, **options: Any) -> bytes:
    """Return the picture as a file: WebP without loss, JPEG in high quality."""
    best: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "JPEG": {"quality": 98, "subsampling": 0}}
    out = io.BytesIO()
    picture.save(out, file_format, **{**best.get(file_format, {}), **options})
    return out.getvalue()


def sideways(shown: Image.Image, orientation: int, file_format: str = "JPEG") -> bytes:
    """Return a file whose pixels are stored turned or mirrored, with the EXIF orientation that shows this picture."""
    inverse = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored = shown.transpose(inverse[orientation]) if orientation in inverse else shown
    return encode(stored, file_format, exif=exif)


def raw_png(
    depth: int,
    colour_type: int,
    samples: Sequence[tuple[int, ...]],
    *,
    size: tuple[int, int] = (240, 160),
    **chunks: bytes,
) -> bytes:
    """Return a PNG of four quadrants from raw samples, one tuple per quadrant, with these further chunks."""
    width, height = size

    def row(left: tuple[int, ...], right: tuple[int, ...]) -> bytes:
        values = [*itertools.chain(*[left] * (width // 2)), *itertools.chain(*[right] * (width // 2))]
        bits = int("1" + "".join(f"{value:0{depth}b}" for value in values), 2)
        return b"\0" + bits.to_bytes((len(values) * depth) // 8 + 1, "big")[1:]

    upper, lower = row(*samples[:2]), row(*samples[2:])
    pixels = zlib.compress(upper * (height // 2) + lower * (height // 2))
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    further = b"".join(_chunk(name.encode(), data) for name, data in chunks.items())
    ending = _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + further + ending


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def rgb_profile(red: Colour, green: Colour, blue: Colour, gamma: float = 2.2) -> bytes:
    """Return an ICC profile whose primaries have these XYZ values, in thousandths, relative to D50."""
    curve = _curve(gamma)
    primaries = {b"rXYZ": _xyz(red), b"gXYZ": _xyz(green), b"bXYZ": _xyz(blue)}
    return _profile(b"RGB ", b"XYZ ", {**primaries, b"rTRC": curve, b"gTRC": curve, b"bTRC": curve})


def grey_profile(gamma: float) -> bytes:
    """Return an ICC profile for grey pictures."""
    return _profile(b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile(lab: Callable[[int, int, int, int], Colour]) -> bytes:
    """Return an ICC profile for CMYK with a table of the 16 corners; `lab` returns L, a and b, each of 0 to 255."""
    identity = bytes(range(256))
    corners = b"".join(bytes(lab(*corner)) for corner in itertools.product((0, 1), repeat=4))
    matrix = struct.pack(">9i", *(65536 * (position % 4 == 0) for position in range(9)))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + identity * 4 + corners + identity * 3
    return _profile(b"CMYK", b"Lab ", {b"A2B0": table}, device=b"prtr")


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _xyz(values: Colour) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65.536) for value in values))


def _profile(space: bytes, connection: bytes, tags: dict[bytes, bytes], device: bytes = b"mntr") -> bytes:
    text = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"Test\0" + bytes(79)
    tags = {b"desc": text + b"\0" * (-len(text) % 4), b"wtpt": _xyz((964, 1000, 825)), **tags}
    table, data, offset = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        padded = value + b"\0" * (-len(value) % 4)
        table += name + struct.pack(">II", offset + len(data), len(value))
        data += padded
    fields = struct.pack(">I4sI4s4s4s", 128 + len(table) + len(data), b"lcms", 0x02400000, device, space, connection)
    illuminant = struct.pack(">3i", 63190, 65536, 54061)
    header = fields + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + illuminant
    return header.ljust(128, b"\0") + table + data


# Adobe RGB and Display P3, adapted to D50, and sRGB with red and green exchanged.
WIDE = rgb_profile((610, 311, 19), (205, 626, 61), (149, 63, 745))
P3 = rgb_profile((515, 241, -1), (292, 692, 42), (157, 67, 784))
EXCHANGED = rgb_profile((385, 717, 97), (436, 222, 14), (143, 61, 714))
