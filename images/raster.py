"""Bytes from a provider become a picture: checked, brought to the shape that was asked for, with a thumbnail."""

import hashlib
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

# MPO is what Pillow calls a JPEG file in which other pictures (a preview, a gain map) follow the first.
MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
FORMATS: Final = ["PNG", "JPEG", "WEBP"]
MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 50_000_000
SHAPE_TOLERANCE = 0.02
THUMBNAIL_LONG_SIDE_PIXELS = 512
THUMBNAIL_QUALITY = 80
JPEG_QUALITY = 95


class InvalidPicture(ValueError):
    """The bytes are no picture that can be kept."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was checked: its bytes with what there is to know of them, and its thumbnail (WebP)."""

    content: bytes
    media_type: str
    width: int
    height: int
    thumbnail: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def prepare(content: bytes, aspect_ratio: str) -> Picture:
    """Check the bytes, crop the centre if the shape is off by more than 2 %, and make the thumbnail.

    Bytes of the right shape are kept exactly as they came.

    Raises:
        UnusablePicture: They are no whole PNG, JPEG or WebP of a reasonable size.
    """
    opened = _open(content)
    media_type = MEDIA_TYPES[opened.format or ""]
    cropped = _cropped(opened, _ratio(aspect_ratio))
    if cropped is not opened:
        content = _encoded(cropped, media_type)
    return Picture(content, media_type, cropped.width, cropped.height, _thumbnail(cropped))


def _open(content: bytes) -> Image.Image:
    if len(content) > MAX_BYTES:
        raise InvalidPicture(f"larger than {MAX_BYTES} bytes")
    try:
        opened = Image.open(io.BytesIO(content), formats=FORMATS)
        if opened.width * opened.height > MAX_PIXELS:
            raise InvalidPicture(f"more than {MAX_PIXELS} pixels")
        # Reading every pixel is what tells a whole picture from one that was cut off.
        opened.load()
    except InvalidPicture:
        raise
    # Warnings are errors where somebody made them so. To do that here, for a moment, would change them for all threads.
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, Warning) as error:
        raise InvalidPicture("no whole PNG, JPEG or WebP picture") from error
    return opened


def _ratio(aspect_ratio: str) -> float:
    width, height = aspect_ratio.split(":")
    return int(width) / int(height)


def _cropped(picture: Image.Image, ratio: float) -> Image.Image:
    present = picture.width / picture.height
    if abs(present / ratio - 1) <= SHAPE_TOLERANCE:
        return picture
    if present > ratio:
        width, height = max(1, round(picture.height * ratio)), picture.height
    else:
        width, height = picture.width, max(1, round(picture.width / ratio))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def _encoded(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    match media_type:
        case "image/jpeg":
            picture.save(out, "JPEG", quality=JPEG_QUALITY)
        case "image/webp":
            picture.save(out, "WEBP", lossless=True)
        case _:
            picture.save(out, "PNG")
    return out.getvalue()


def _thumbnail(picture: Image.Image) -> bytes:
    small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    # Whole pixels are averaged first, as far as that goes: a tenth of the work, and at this size nobody sees it.
    small.thumbnail((THUMBNAIL_LONG_SIDE_PIXELS, THUMBNAIL_LONG_SIDE_PIXELS), reducing_gap=1.0)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=THUMBNAIL_QUALITY)
    return out.getvalue()
