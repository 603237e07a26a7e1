"""Small copies of the reference pictures of an edit, in rows from the upper left corner."""

from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageOps

from images.providers.sandbox.artwork.label import MARGIN_EMS, MARK_EMS, WHITE

# In multiples of the label's em.
SIDE_EMS: Final = 6.0
GAP_EMS: Final = 0.6
FRAME_EMS: Final = 0.15


def put(picture: Image.Image, references: Sequence[Image.Image], *, em: float) -> None:
    """Draw the references onto the picture, beside the sandbox mark; those that do not fit into it are left out."""
    margin, side, gap = (round(em * ems) for ems in (MARGIN_EMS, SIDE_EMS, GAP_EMS))
    right = picture.width - margin - round(em * MARK_EMS) - gap
    columns = max(1, (right - margin + gap) // (side + gap))
    for index, reference in enumerate(references):
        row, column = divmod(index, columns)
        at = (margin + column * (side + gap), margin + row * (side + gap))
        if at[1] + side <= picture.height:
            picture.paste(_inset(reference, side, max(1, round(em * FRAME_EMS))), at)


def _inset(reference: Image.Image, side: int, frame: int) -> Image.Image:
    """Return the reference as a square with a white frame; a transparent one is shown on white."""
    inner = max(1, side - 2 * frame)
    small = ImageOps.fit(reference.convert("RGBA"), (inner, inner), Image.Resampling.LANCZOS)
    inset = Image.new("RGBA", (side, side), WHITE)
    inset.alpha_composite(small, (frame, frame))
    return inset.convert("RGB")
