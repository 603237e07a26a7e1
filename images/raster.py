"""Validates the bytes of a provider's picture, crops it to the requested aspect ratio and makes a thumbnail."""

import hashlib
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

# Pillow reports a JPEG file that contains further pictures (a preview, a gain map) as MPO.
MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
FORMATS: Final = ["PNG", "JPEG", "WEBP"]
MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 50_000_000
ASPECT_RATIO_TOLERANCE = 0.02
THUMBNAIL_LONG_SIDE_PIXELS = 512
THUMBNAIL_QUALITY = 80
JPEG_QUALITY = 95


class InvalidPicture(ValueError):
    """The bytes are not a picture that can be stored."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A validated picture: its encoded bytes, media type, size in pixels, and a WebP thumbnail."""

    content: bytes
    media_type: str
    width: int
    height: int
    thumbnail: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def prepare(content: bytes, aspect_ratio: str) -> Picture:
    """Validate the bytes, crop to the centre if the aspect ratio is off by more than 2 %, and make the thumbnail.

    A picture with the right aspect ratio keeps its bytes unchanged.

    Raises:
        InvalidPicture: The bytes are not a complete PNG, JPEG or WebP picture, or exceed a size limit.
    """
    picture = _open(content)
    media_type = MEDIA_TYPES[picture.format or ""]
    cropped = _crop(picture, _parse_ratio(aspect_ratio))
    if cropped is not picture:
        content = _encode(cropped, media_type)
    return Picture(content, media_type, cropped.width, cropped.height, _make_thumbnail(cropped))


def _open(content: bytes) -> Image.Image:
    if len(content) > MAX_BYTES:
        raise InvalidPicture(f"larger than {MAX_BYTES} bytes")
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidPicture(f"more than {MAX_PIXELS} pixels")
        # A truncated file fails only when its pixels are decoded.
        picture.load()
    except InvalidPicture:
        raise
    # Warning: a process may turn warnings into errors, and changing the filters here would affect all its threads.
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, Warning) as error:
        raise InvalidPicture("not a complete PNG, JPEG or WebP picture") from error
    return picture


def _parse_ratio(aspect_ratio: str) -> float:
    width, height = aspect_ratio.split(":")
    return int(width) / int(height)


def _crop(picture: Image.Image, ratio: float) -> Image.Image:
    current_ratio = picture.width / picture.height
    if abs(current_ratio / ratio - 1) <= ASPECT_RATIO_TOLERANCE:
        return picture
    if current_ratio > ratio:
        width, height = max(1, round(picture.height * ratio)), picture.height
    else:
        width, height = picture.width, max(1, round(picture.width / ratio))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def _encode(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    match media_type:
        case "image/jpeg":
            picture.save(out, "JPEG", quality=JPEG_QUALITY)
        case "image/webp":
            picture.save(out, "WEBP", lossless=True)
        case _:
            picture.save(out, "PNG")
    return out.getvalue()


def _make_thumbnail(picture: Image.Image) -> bytes:
    thumbnail = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    # reducing_gap averages whole blocks of pixels first, which takes a tenth of the time at no visible cost.
    thumbnail.thumbnail((THUMBNAIL_LONG_SIDE_PIXELS, THUMBNAIL_LONG_SIDE_PIXELS), reducing_gap=1.0)
    out = io.BytesIO()
    thumbnail.save(out, "WEBP", quality=THUMBNAIL_QUALITY)
    return out.getvalue()
