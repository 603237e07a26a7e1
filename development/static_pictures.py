"""Generate the pictures in `static/` for `make samples`: the logo as bitmaps, and the sample pictures."""

from typing import Final

from django.conf import settings
from PIL import Image, ImageDraw

from images.providers.sandbox import artwork
from website.public import samples

# Coordinates of static/favicon.svg, whose view box is a square with this side.
SIDE: Final = 20
CORNER: Final = 5
HILLS: Final = ((3.5, 15.5), (8, 8.8), (10.8, 12.6), (12.7, 10.3), (16.5, 15.5))
SUN: Final = (11.7, 4.3, 15.5, 8.1)
TILE_COLOUR, HILLS_COLOUR, SUN_COLOUR = "#1b1916", "#fbfaf8", "#4ec1a3"
# Pillow draws without antialiasing, so the logo is drawn at this scale and then reduced.
OVERSIZE: Final = 8
TOUCH_ICON_PIXELS: Final = 180
FAVICON_PIXELS: Final = (16, 32, 48)
SAMPLE_QUALITY: Final = 80
# The usual size of link previews (Open Graph).
PREVIEW_SIZE: Final = (1200, 630)


def draw_logo(pixels: int, *, corner: float = CORNER) -> Image.Image:
    """Return the logo as a square bitmap of this size. `corner` is the corner radius in SVG units."""
    scale = pixels * OVERSIZE / SIDE
    large = Image.new("RGBA", (pixels * OVERSIZE, pixels * OVERSIZE))
    draw = ImageDraw.Draw(large)
    draw.rounded_rectangle((0, 0, large.width - 1, large.height - 1), radius=corner * scale, fill=TILE_COLOUR)
    draw.polygon([(x * scale, y * scale) for x, y in HILLS], fill=HILLS_COLOUR)
    draw.ellipse([edge * scale for edge in SUN], fill=SUN_COLOUR)
    return large.resize((pixels, pixels), Image.Resampling.LANCZOS)


def write_logo() -> None:
    """Write the favicon and the touch icon."""
    folder = settings.BASE_DIR / "static"
    # Phones round the corners themselves and show transparent pixels as black.
    draw_logo(TOUCH_ICON_PIXELS, corner=0).convert("RGB").save(folder / "apple-touch-icon.png", optimize=True)
    largest = draw_logo(FAVICON_PIXELS[-1])
    largest.save(folder / "favicon.ico", sizes=[(pixels, pixels) for pixels in FAVICON_PIXELS])


def write_samples() -> None:
    """Write each sample picture in two sizes, and the picture for link previews."""
    folder = settings.BASE_DIR / "static" / samples.FOLDER
    folder.mkdir(exist_ok=True)
    for sample in samples.SAMPLES:
        picture = artwork.paint(prompt=sample.prompt, model_name=sample.model, size=sample.size())
        picture.save(folder / f"{sample.name}.webp", quality=SAMPLE_QUALITY, method=6)
        small = picture.resize(sample.size(samples.SMALL_LONG_SIDE))
        small.save(folder / f"{sample.name}-small.webp", quality=SAMPLE_QUALITY, method=6)
    ridges = samples.BY_NAME["ridges"]
    preview = artwork.paint(prompt=ridges.prompt, model_name=ridges.model, size=PREVIEW_SIZE)
    preview.save(folder / "preview.jpg", quality=SAMPLE_QUALITY)


def write_all() -> None:
    """Write every picture that `static/` contains."""
    write_samples()
    write_logo()
