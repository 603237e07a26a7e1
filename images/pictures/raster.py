"""Validates the bytes of a provider's picture, crops it to the requested aspect ratio and makes thumbnails.

Ratio, crop and thumbnail are those of the displayed picture: rotated by its EXIF orientation, in its colour profile.
"""

import hashlib
import io
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image
from PIL.ExifTags import Base as ExifTag

from images.pictures import colour, plain_png

# Pillow reports a JPEG file that contains further pictures (a preview, a gain map) as MPO.
MEDIA_TYPES: Final = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
FORMATS: Final = ["PNG", "JPEG", "WEBP"]
MAX_BYTES = 50 * 1024 * 1024
MAX_PIXELS = 50_000_000
ASPECT_RATIO_TOLERANCE = 0.02
ANY_RATIO: Final = "auto"
UPLOAD_MAX_PIXELS = 40_000_000
UPLOAD_LONG_SIDE_PIXELS = 4096
# Cameras and editors write up to about ten; each takes as long to decode as a whole picture and has very few bytes.
JPEG_SCANS_MAX: Final = 100
JPEG_START: Final = b"\xff\xd8"
JPEG_SCAN: Final = b"\xff\xda"
THUMBNAIL_LONG_SIDE_PIXELS = 512
THUMBNAIL_QUALITY = 80
# Half the time of Pillow's default (4), for files that are 4 % larger and differ as little from the picture.
THUMBNAIL_EFFORT = 2
JPEG_QUALITY = 95
# Offset of the bit depth in the first chunk (PNG, third edition, 11.2.1).
PNG_DEPTH_OFFSET = 24
# Below this size a file is a placeholder, or a crop has left nearly nothing.
MIN_SIDE_PIXELS = 32
OPAQUE = 255
NOT_A_PICTURE: Final = "not a complete PNG, JPEG or WebP picture"
# By the EXIF orientation (Exif 3.0, 4.6.5.1.6): how to turn the stored pixels to show them.
TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Raised by Pillow for damaged files; UnidentifiedImageError is an OSError. Warning: a process may turn warnings into
# errors, and changing the filters here would affect all its threads.
UNREADABLE: Final = (
    Image.DecompressionBombError,
    OSError,
    EOFError,
    LookupError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    Warning,
)


# Decoding a picture of 50 megapixels with transparency takes 590 MB of memory: one at a time in a web process.
decoding: Final = threading.BoundedSemaphore(1)


class InvalidPicture(ValueError):
    """The bytes are not a picture that can be stored."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A validated picture: its encoded bytes, media type and size in pixels as shown."""

    content: bytes
    media_type: str
    width: int
    height: int
    # The usage that the provider reported, if any.
    usage: Mapping[str, Any] | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def prepare(
    content: bytes, aspect_ratio: str, *, output_format: str | None = None, transparent: bool = False
) -> Picture:
    """Validate the bytes, and crop to the centre if the aspect ratio is off by more than 2 %.

    A picture with the right aspect ratio and format keeps its bytes unchanged. A crop keeps the colour profile; of an
    animation it keeps the first frame.

    Args:
        content: The bytes of a file.
        aspect_ratio: For example "16:9", or "auto" for any.
        output_format: "png", "jpeg" or "webp", to which other pictures are converted; None keeps the format.
        transparent: Whether the picture must have transparent pixels.

    Raises:
        InvalidPicture: The bytes are not a complete PNG, JPEG or WebP picture, exceed a size limit, or have no
            transparent pixel where they must have one.
    """
    ratio = _parse_ratio(aspect_ratio)
    opened = _open(content)
    received_type = MEDIA_TYPES[opened.format or ""]
    media_type = f"image/{output_format}" if output_format else received_type
    is_unchanged = media_type == received_type and _has_ratio(opened, ratio)
    if is_unchanged and not transparent and plain_png.is_complete(content):
        return Picture(content, media_type, opened.width, opened.height)
    _load(opened, content)
    if transparent and not _is_transparent(opened):
        raise InvalidPicture("without transparency")
    picture = _turn(opened)
    cropped = _crop(picture, ratio)
    if min(cropped.size) < MIN_SIDE_PIXELS:
        raise InvalidPicture(f"only {opened.width} x {opened.height} pixels")
    if media_type != received_type:
        content = _convert(cropped, media_type)
    elif cropped is not picture:
        content = _encode(cropped, media_type)
    return Picture(content, media_type, cropped.width, cropped.height)


def normalize(content: bytes) -> Picture:
    """Decode a picture that a user brought in and encode it again, turned as shown, in sRGB and without metadata.

    A picture of more than UPLOAD_LONG_SIDE_PIXELS is reduced. The result has the format of the file.

    Raises:
        InvalidPicture: The bytes are not a complete PNG, JPEG or WebP picture of at most UPLOAD_MAX_PIXELS.
    """
    if content.startswith(JPEG_START) and content.count(JPEG_SCAN) > JPEG_SCANS_MAX:
        raise InvalidPicture(f"a JPEG of more than {JPEG_SCANS_MAX} scans")
    opened = _open(content, max_pixels=UPLOAD_MAX_PIXELS)
    _load(opened, content)
    media_type = MEDIA_TYPES[opened.format or ""]
    picture = colour.to_srgb(colour.to_eight_bits(_turn(opened)), opened.info.get("icc_profile"))
    picture.thumbnail((UPLOAD_LONG_SIDE_PIXELS, UPLOAD_LONG_SIDE_PIXELS), Image.Resampling.LANCZOS)
    # A new picture, so that nothing of the file is left in `info`, which Pillow writes into some formats.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    return Picture(_encode_as(clean, media_type), media_type, clean.width, clean.height)


def thumbnail(content: bytes) -> bytes:
    """Return a small WebP in sRGB of a stored picture, upright and without metadata.

    Raises:
        InvalidPicture: The bytes are not a complete picture.
    """
    opened = _identify(content)
    _load(opened, content)
    picture = _turn(opened)
    small = colour.to_eight_bits(picture)
    # reducing_gap averages whole blocks of pixels first, which takes a tenth of the time at no visible cost.
    small.thumbnail((THUMBNAIL_LONG_SIDE_PIXELS, THUMBNAIL_LONG_SIDE_PIXELS), reducing_gap=1.0)
    out = io.BytesIO()
    shown = colour.to_srgb(small, picture.info.get("icc_profile"))
    shown.save(out, "WEBP", quality=THUMBNAIL_QUALITY, method=THUMBNAIL_EFFORT)
    return out.getvalue()


def _is_transparent(picture: Image.Image) -> bool:
    if not picture.has_transparency_data:
        return False
    lowest, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return isinstance(lowest, int) and lowest < OPAQUE


def _convert(picture: Image.Image, media_type: str) -> bytes:
    """Return the picture in another format, in sRGB."""
    converted = colour.to_srgb(colour.to_eight_bits(picture), picture.info.get("icc_profile"))
    return _encode_as(converted, media_type)


def _encode_as(picture: Image.Image, media_type: str) -> bytes:
    """Return an RGB or RGBA picture as a file; JPEG, which has no transparency, shows it on white."""
    out = io.BytesIO()
    match media_type:
        case "image/jpeg":
            if picture.mode == "RGBA":
                white = Image.new("RGBA", picture.size, "white")
                picture = Image.alpha_composite(white, picture).convert("RGB")
            picture.save(out, "JPEG", quality=JPEG_QUALITY)
        case "image/webp":
            picture.save(out, "WEBP", quality=JPEG_QUALITY)
        case _:
            picture.save(out, "PNG")
    return out.getvalue()


def _open(content: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Return a received picture within the limits, not decoded yet."""
    if len(content) > MAX_BYTES:
        raise InvalidPicture(f"larger than {MAX_BYTES} bytes")
    picture = _identify(content)
    if picture.width * picture.height > max_pixels:
        raise InvalidPicture(f"more than {max_pixels} pixels")
    if min(picture.size) < MIN_SIDE_PIXELS:
        raise InvalidPicture(f"only {picture.width} x {picture.height} pixels")
    return picture


def _identify(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UNREADABLE as error:
        raise InvalidPicture(NOT_A_PICTURE) from error


def _load(picture: Image.Image, content: bytes) -> None:
    """Decode the picture of these bytes."""
    try:
        # A truncated file fails only when its pixels are decoded.
        picture.load()
        if picture.info.get("default_image"):
            # An animated PNG can begin with a picture for readers without animation, which other readers do not show.
            picture.seek(1)
            picture.load()
        _scale_clear_grey(picture, content)
    except UNREADABLE as error:
        raise InvalidPicture(NOT_A_PICTURE) from error


def _scale_clear_grey(picture: Image.Image, content: bytes) -> None:
    # Pillow scales the greys of 2 and 4 bits to 0 to 255, but not the one that a PNG declares as transparent.
    clear = picture.info.get("transparency")
    depth = content[PNG_DEPTH_OFFSET] if picture.format == "PNG" else 8
    if picture.mode == "L" and isinstance(clear, int) and depth in {2, 4}:
        picture.info["transparency"] = clear * 255 // (2**depth - 1)


def _turn(picture: Image.Image) -> Image.Image:
    # Not ImageOps.exif_transpose, which also reads an orientation in XMP, and in PNG text: browsers ignore these.
    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif", b""))
        turn = TURNS.get(exif.get(ExifTag.Orientation, 1))
    except UNREADABLE:
        return picture
    return picture if turn is None else picture.transpose(turn)


def _parse_ratio(aspect_ratio: str) -> float | None:
    if aspect_ratio == ANY_RATIO:
        return None
    width, height = aspect_ratio.split(":")
    return int(width) / int(height)


def _has_ratio(picture: Image.Image, ratio: float | None) -> bool:
    return ratio is None or abs(picture.width / picture.height / ratio - 1) <= ASPECT_RATIO_TOLERANCE


def _crop(picture: Image.Image, ratio: float | None) -> Image.Image:
    if ratio is None or _has_ratio(picture, ratio):
        return picture
    if picture.width / picture.height > ratio:
        width, height = max(1, round(picture.height * ratio)), picture.height
    else:
        width, height = picture.width, max(1, round(picture.width / ratio))
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def _encode(picture: Image.Image, media_type: str) -> bytes:
    out = io.BytesIO()
    profile = picture.info.get("icc_profile")
    match media_type:
        case "image/jpeg":
            picture.save(out, "JPEG", quality=JPEG_QUALITY, icc_profile=profile)
        case "image/webp":
            picture.save(out, "WEBP", lossless=True, icc_profile=profile)
        case _:
            picture.save(out, "PNG", icc_profile=profile)
    return out.getvalue()
