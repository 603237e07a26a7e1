"""Reduces the pictures of an edit to what a provider accepts."""

import io
import threading
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps

from images.pictures import colour, raster
from images.providers import SourcePicture

JPEG_QUALITY: Final = 92
OPAQUE: Final = 255
# A picture of any content has less than 17 MB in this size, even as a PNG with transparency, and a mask less than 4 MB.
REDUCED_LONG_SIDE_PIXELS: Final = 2048
# Files are estimated to shrink as their pictures do. A picture is reduced by at least this factor.
FACTOR_MAX: Final = 0.9
# Averaging whole blocks of pixels first takes much less time at no visible cost.
REDUCING_GAP: Final = 3.0
# Smaller files than Pillow's fastest setting makes, in a third of the time of its default one.
PNG_COMPRESSION: Final = 3
# A picture of 4,096 x 4,096 pixels takes about 310 MB of memory while it is reduced.
_reducing: Final = threading.BoundedSemaphore(1)


def under_limits(
    sources: Sequence[SourcePicture], mask: bytes | None, *, source_max_bytes: int, mask_max_bytes: int
) -> tuple[list[SourcePicture], bytes | None]:
    """Return the sources and the mask of an edit, with files below these sizes.

    The mask keeps the size in pixels of the first source.
    """
    pictures = [source if source.byte_size < source_max_bytes else _reduced(source) for source in sources]
    if mask is None:
        return pictures, None
    first = sources[0]
    if len(mask) >= mask_max_bytes:
        pictures[0] = _reduced(first)
    size = (pictures[0].width, pictures[0].height)
    return pictures, mask if size == (first.width, first.height) else _resized_mask(mask, size)


def under_total(sources: Sequence[SourcePicture], *, long_side: int, max_bytes: int) -> list[SourcePicture]:
    """Return pictures with sides of at most `long_side` pixels and fewer than `max_bytes` together.

    If they are too large together, each that has more than its share is reduced to it.
    """
    pictures = [within(source, long_side) for source in sources]
    if sum(picture.byte_size for picture in pictures) < max_bytes:
        return pictures
    share = (max_bytes - 1) // len(pictures)
    return [_under(picture, share) for picture in pictures]


def within(source: SourcePicture, long_side: int) -> SourcePicture:
    """Return the picture with sides of at most `long_side` pixels; a smaller one is returned unchanged."""
    return source if max(source.width, source.height) <= long_side else _reduced(source, long_side)


def _under(picture: SourcePicture, max_bytes: int) -> SourcePicture:
    """Return the picture in a file of at most this size."""
    if picture.byte_size > max_bytes:
        # A PNG without transparency is often small enough as a JPEG.
        picture = _reduced(picture, max(picture.width, picture.height))
    while picture.byte_size > max_bytes:
        factor = min(FACTOR_MAX, (max_bytes / picture.byte_size) ** 0.5)
        picture = _reduced(picture, max(1, int(max(picture.width, picture.height) * factor)))
    return picture


def _reduced(source: SourcePicture, long_side: int = REDUCED_LONG_SIDE_PIXELS) -> SourcePicture:
    """Return the picture as a new file: a JPEG, or a PNG if it has transparency."""
    with _reducing, Image.open(io.BytesIO(source.content), formats=raster.FORMATS) as opened:
        upright = ImageOps.exif_transpose(opened)
        picture = colour.to_srgb(colour.to_eight_bits(upright), opened.info.get("icc_profile"))
    picture.thumbnail((long_side, long_side), Image.Resampling.LANCZOS, reducing_gap=REDUCING_GAP)
    out = io.BytesIO()
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() != (OPAQUE, OPAQUE):
        picture.save(out, "PNG", compress_level=PNG_COMPRESSION)
        return SourcePicture(out.getvalue(), "image/png", *picture.size)
    picture.convert("RGB").save(out, "JPEG", quality=JPEG_QUALITY)
    return SourcePicture(out.getvalue(), "image/jpeg", *picture.size)


def _resized_mask(mask: bytes, size: tuple[int, int]) -> bytes:
    with Image.open(io.BytesIO(mask), formats=["PNG"]) as opened:
        # Without new shades between changing and remaining pixels.
        resized = opened.resize(size, Image.Resampling.NEAREST)
    out = io.BytesIO()
    resized.save(out, "PNG")
    return out.getvalue()
