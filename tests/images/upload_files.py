"""Files for tests of uploads: a photo with its place, and files that must be refused."""

import io
import struct
import zlib
from typing import Final

from PIL import Image, ImageDraw

GPS: Final = 0x8825
CAMERA: Final = "A camera of Alice"
SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def encode(picture: Image.Image, file_format: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def png(width: int = 64, height: int = 48, colour: object = "teal", mode: str = "RGB") -> bytes:
    return encode(Image.new(mode, (width, height), colour))  # type: ignore[arg-type]


def mask_png(width: int = 64, height: int = 48, *, alpha: bool = False) -> bytes:
    """Return a mask that marks the left half."""
    mask = Image.new("RGBA" if alpha else "L", (width, height), (0, 0, 0, 255) if alpha else 0)
    ImageDraw.Draw(mask).rectangle((0, 0, width // 2 - 1, height), fill=(0, 0, 0, 0) if alpha else 255)
    return encode(mask)


def photo(file_format: str = "JPEG") -> bytes:
    """Return a picture whose EXIF data names the place, the camera and a turn by 90 degrees."""
    exif = Image.Exif()
    exif[0x0110] = CAMERA
    exif[0x0112] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 30.0, 59.0), 3: "E", 4: (13.0, 22.0, 39.0)})
    return encode(Image.new("RGB", (64, 48), "teal"), file_format, exif=exif)


def declared(width: int, height: int) -> bytes:
    """Return a small PNG file that claims to have this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR" + header, b"IDAT" + zlib.compress(bytes(1000)), b"IEND")
    body = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


# By name: the file and a part of the message.
UNUSABLE: Final = {
    "empty": (b"", "not a complete PNG, JPEG or WebP picture"),
    "text": (b"Hello", "not a complete PNG, JPEG or WebP picture"),
    "SVG": (SVG, "not a complete PNG, JPEG or WebP picture"),
    "PDF": (b"%PDF-1.7\n1 0 obj", "not a complete PNG, JPEG or WebP picture"),
    "GIF": (encode(Image.new("P", (64, 48)), "GIF"), "not a complete PNG, JPEG or WebP picture"),
    "HTML before a picture": (b"<html>" + png(), "not a complete PNG, JPEG or WebP picture"),
    "truncated": (png(400, 400, (7, 8, 9))[:-60], "not a complete PNG, JPEG or WebP picture"),
    "bomb": (declared(60_000, 60_000), "not a complete PNG, JPEG or WebP picture"),
    # A scan takes as long to decode as the whole picture.
    "many scans": (encode(Image.new("RGB", (64, 48)), "JPEG") + 101 * b"\xff\xda", "more than 100 scans"),
    "41 megapixels": (encode(Image.new("1", (6400, 6410))), "more than 40000000 pixels"),
    "tiny": (png(8, 8), "only 8 x 8 pixels"),
}
