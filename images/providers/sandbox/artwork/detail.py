"""The detail of a picture by its quality: how many pixels of it are painted before it is scaled to its size."""

from typing import Final, NamedTuple

from PIL import Image, ImageFilter

DEFAULT: Final = "medium"


class Level(NamedTuple):
    """The scale of the sides at which a scene is painted, its maximum number of pixels, and the sharpening after."""

    scale: float
    pixels_max: int
    sharpening_per_cent: int


# Painting a scene in 4K takes up to ten seconds, so large pictures are painted smaller and enlarged. Every picture of
# the default quality and resolution is below the limit and is painted in its own size.
LEVELS: Final = {
    "low": Level(0.25, 250_000, 0),
    "medium": Level(1.0, 2_400_000, 0),
    "high": Level(1.4, 4_200_000, 120),
}


def painted_size(size: tuple[int, int], level: Level) -> tuple[int, int]:
    """Return the width and height in pixels at which a picture of this size is painted."""
    width, height = size
    scale = min(level.scale, (level.pixels_max / (width * height)) ** 0.5)
    return max(1, round(width * scale)), max(1, round(height * scale))


def fit(painted: Image.Image, size: tuple[int, int], level: Level) -> Image.Image:
    """Return the painted picture in its final size."""
    picture = painted if painted.size == size else painted.resize(size, Image.Resampling.BICUBIC)
    if not level.sharpening_per_cent:
        return picture
    return picture.filter(ImageFilter.UnsharpMask(radius=1, percent=level.sharpening_per_cent, threshold=0))
