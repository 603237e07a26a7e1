"""Masks: which part of a picture an edit changes.

A mask marks it by transparency, or by white on black. It is checked before the charge, and sent in OpenAI's form: a PNG
with the size of the picture whose transparent pixels are to be changed.
"""

import io
import threading
from typing import Final

from PIL import Image

from images.exceptions import InvalidMask

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
    if area.size != size:
        raise wrong_size(size, area.size)
    if area.getextrema() != (CLEAR, OPAQUE):
        part = "everything" if area.getextrema() == (OPAQUE, OPAQUE) else "nothing"
        raise InvalidMask(
            f"The mask marks {part}. Make the area to change transparent, or white on black, and leave the rest."
        )


def wrong_size(wanted: tuple[int, int], found: tuple[int, int]) -> InvalidMask:
    """Return the error about a mask that has another size than the first source."""
    sizes = ["{} x {}".format(*size) for size in (found, wanted)]
    return InvalidMask("The mask is {} pixels, but the first source is {}. Use the same size.".format(*sizes))


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
    with _decoding:
        picture = Image.open(io.BytesIO(content))
        if picture.has_transparency_data:
            alpha = picture.getchannel("A") if picture.mode == "RGBA" else picture.convert("RGBA").getchannel("A")
            if alpha.getextrema() != (OPAQUE, OPAQUE):
                return alpha.point(lambda value: OPAQUE if value <= MIDDLE_GREY else CLEAR)
        grey = picture if picture.mode == "L" else picture.convert("RGB").convert("L")
        return grey.point(lambda value: OPAQUE if value > MIDDLE_GREY else CLEAR)
