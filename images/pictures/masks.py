"""Masks: which part of a picture an edit changes.

A mask marks it by transparency, or by white on black. It is checked before the charge, and sent in OpenAI's form: a PNG
with the size of the picture whose transparent pixels are to be changed.
"""

import io
import threading
from typing import Final

from PIL import Image

from images.exceptions import InvalidMask
from images.pictures import raster

# A grey above the middle counts as white.
MIDDLE_GREY: Final = 127
OPAQUE, CLEAR = 255, 0
# Decoding a mask of 4,096 x 4,096 pixels takes up to 150 MB of memory.
_decoding: Final = threading.BoundedSemaphore(1)


def check(content: bytes, size: tuple[int, int]) -> None:
    """Check a mask for a picture of this size (width, height in pixels).

    Raises:
        InvalidMask: It has another size, or marks nothing or everything.
    """
    area = marked_area(content)
    if not fits(area.size, size):
        raise wrong_size(size, area.size)
    if area.getextrema() != (CLEAR, OPAQUE):
        part = "everything" if area.getextrema() == (OPAQUE, OPAQUE) else "nothing"
        raise InvalidMask(
            f"The mask marks {part}. Make the area to change transparent, or white on black, and leave the rest."
        )


def fits(mask_size: tuple[int, int], size: tuple[int, int]) -> bool:
    """Return whether a mask of this size can be used for a picture of the other size.

    It can have the size that an upload of the picture would have: masks are uploads, and larger ones are scaled down.
    """
    if max(size) <= raster.UPLOAD_LONG_SIDE_PIXELS:
        return mask_size == size
    scaled = _scaled(size)
    return mask_size == size or all(abs(side - other) <= 1 for side, other in zip(mask_size, scaled, strict=True))


def _scaled(size: tuple[int, int]) -> tuple[int, int]:
    factor = min(1.0, raster.UPLOAD_LONG_SIDE_PIXELS / max(1, *size))
    return round(size[0] * factor), round(size[1] * factor)


def wrong_size(wanted: tuple[int, int], found: tuple[int, int]) -> InvalidMask:
    """Return the error about a mask that has another size than the first source."""
    sizes = ["{} x {}".format(*size) for size in (found, wanted, _scaled(wanted))]
    use = f"{sizes[1]} or {sizes[2]} pixels" if sizes[1] != sizes[2] else "the same size"
    return InvalidMask(f"The mask is {sizes[0]} pixels, but the first source is {sizes[1]}. Use {use}.")


def convert(content: bytes, size: tuple[int, int]) -> bytes:
    """Return the mask in this size as a black PNG that is transparent in the marked area."""
    area = marked_area(content)
    if area.size != size:
        # Without new shades between changing and remaining pixels.
        area = area.resize(size, Image.Resampling.NEAREST)
    mask = Image.new("RGBA", area.size, (0, 0, 0, OPAQUE))
    mask.putalpha(area.point(lambda value: OPAQUE - value))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()


def marked_area(content: bytes) -> Image.Image:
    """Return the marked area as a picture in mode L: 255 where the picture changes, 0 elsewhere."""
    with _decoding:
        picture = Image.open(io.BytesIO(content))
        if picture.has_transparency_data:
            alpha = picture.getchannel("A") if picture.mode == "RGBA" else picture.convert("RGBA").getchannel("A")
            if alpha.getextrema() != (OPAQUE, OPAQUE):
                return alpha.point(lambda value: OPAQUE if value <= MIDDLE_GREY else CLEAR)
        grey = picture if picture.mode == "L" else picture.convert("RGB").convert("L")
        return grey.point(lambda value: OPAQUE if value > MIDDLE_GREY else CLEAR)
