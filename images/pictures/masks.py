"""Masks: which part of a picture an edit changes.

A mask marks it by transparency, or by white on black. It is checked before the charge, and sent in OpenAI's form: a PNG
with the size of the picture whose transparent pixels are to be changed.
"""

import io
from typing import Final

from PIL import Image

from images.exceptions import InvalidMask

# A grey above the middle counts as white.
MIDDLE_GREY: Final = 127
OPAQUE, CLEAR = 255, 0


def check(content: bytes, size: tuple[int, int]) -> None:
    """Check a mask for a picture of this size (width, height in pixels).

    Raises:
        InvalidMask: It has another size, or marks nothing or everything.
    """
    area = marked_area(content)
    if area.size != size:
        wanted, found = (f"{width} x {height}" for width, height in (size, area.size))
        raise InvalidMask(f"The mask is {found} pixels, but the first source is {wanted}. Use the same size.")
    if area.getextrema() != (CLEAR, OPAQUE):
        part = "everything" if area.getextrema() == (OPAQUE, OPAQUE) else "nothing"
        raise InvalidMask(
            f"The mask marks {part}. Make the area to change transparent, or white on black, and leave the rest."
        )


def convert(content: bytes) -> bytes:
    """Return the mask as a black PNG that is transparent in the marked area."""
    area = marked_area(content)
    mask = Image.new("RGBA", area.size, (0, 0, 0, OPAQUE))
    mask.putalpha(area.point(lambda value: OPAQUE - value))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()


def marked_area(content: bytes) -> Image.Image:
    """Return the marked area as a picture in mode L: 255 where the picture changes, 0 elsewhere."""
    picture = Image.open(io.BytesIO(content))
    if picture.has_transparency_data:
        alpha = picture.convert("RGBA").getchannel("A")
        if alpha.getextrema() != (OPAQUE, OPAQUE):
            return alpha.point(lambda value: OPAQUE if value <= MIDDLE_GREY else CLEAR)
    return picture.convert("RGB").convert("L").point(lambda value: OPAQUE if value > MIDDLE_GREY else CLEAR)
