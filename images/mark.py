"""The site's mark as bitmaps, for what does not take `static/favicon.svg`; `make samples` paints them."""

from typing import Final

from django.conf import settings
from PIL import Image, ImageDraw

# As in the SVG, on a square of 20.
SIDE: Final = 20
CORNER: Final = 5
HILLS: Final = ((3.5, 15.5), (8, 8.8), (10.8, 12.6), (12.7, 10.3), (16.5, 15.5))
SUN: Final = (11.7, 4.3, 15.5, 8.1)
TILE_COLOUR, HILLS_COLOUR, SUN_COLOUR = "#1b1916", "#fbfaf8", "#4ec1a3"
# Painted larger, because Pillow draws without smooth edges.
OVERSIZE: Final = 8
TOUCH_ICON_PIXELS: Final = 180
FAVICON_PIXELS: Final = (16, 32, 48)


def paint(pixels: int, *, corner: float = CORNER) -> Image.Image:
    """Return the mark at this size."""
    scale = pixels * OVERSIZE / SIDE
    large = Image.new("RGBA", (pixels * OVERSIZE, pixels * OVERSIZE))
    draw = ImageDraw.Draw(large)
    draw.rounded_rectangle((0, 0, large.width - 1, large.height - 1), radius=corner * scale, fill=TILE_COLOUR)
    draw.polygon([(x * scale, y * scale) for x, y in HILLS], fill=HILLS_COLOUR)
    draw.ellipse([edge * scale for edge in SUN], fill=SUN_COLOUR)
    return large.resize((pixels, pixels), Image.Resampling.LANCZOS)


def paint_all() -> None:
    """Paint both files again."""
    folder = settings.BASE_DIR / "static"
    # Telephones round the corners themselves, and would show black where there is nothing.
    paint(TOUCH_ICON_PIXELS, corner=0).convert("RGB").save(folder / "apple-touch-icon.png", optimize=True)
    largest = paint(FAVICON_PIXELS[-1])
    largest.save(folder / "favicon.ico", sizes=[(pixels, pixels) for pixels in FAVICON_PIXELS])
