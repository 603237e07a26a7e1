"""The size of a picture in pixels for an aspect ratio and a resolution, within the limits of OpenAI's API.

Sides are multiples of 16, the longer one is at most 3,840 pixels, and a picture has at most 8,294,400 pixels.
"""

import math
from typing import Final

from images.options import DEFAULT_RESOLUTION

SIDE_MULTIPLE, SIDE_MAX = 16, 3840
# The usual sizes; other pictures are as large as their aspect ratio allows within the number of pixels below.
USUAL_SIZES: Final = {
    ("1:1", "1K"): (1024, 1024),
    ("3:2", "1K"): (1536, 1024),
    ("2:3", "1K"): (1024, 1536),
    ("4:3", "1K"): (1280, 960),
    ("3:4", "1K"): (960, 1280),
}
PIXELS_MAX: Final = {"512": 512 * 512, "1K": 1536 * 864, "2K": 2048 * 2048, "4K": 3840 * 2160}


def pixels(aspect_ratio: str, resolution: str | None) -> tuple[int, int]:
    """Return width and height; without a resolution, those of the default one."""
    resolution = resolution or DEFAULT_RESOLUTION
    if (aspect_ratio, resolution) in USUAL_SIZES:
        return USUAL_SIZES[aspect_ratio, resolution]
    sides = [int(side) for side in aspect_ratio.split(":")]
    width, height = (SIDE_MULTIPLE * side // math.gcd(*sides) for side in sides)
    factor = min(math.isqrt(PIXELS_MAX[resolution] // (width * height)), SIDE_MAX // max(width, height))
    return width * factor, height * factor
