"""The size of a picture in pixels for an aspect ratio and a resolution, within the limits of OpenAI's API, and back.

Sides are multiples of 16, the longer one is at most 3,840 pixels, and a picture has at most 8,294,400 pixels.
"""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from images.catalogue.options import DEFAULT_RESOLUTION
from images.providers import PictureRequest

AUTO: Final = "auto"
SIDE_MULTIPLE, SIDE_MAX = 16, 3840
# The longer side of a picture is at most so many times the shorter one.
RATIO_MAX = 3
# The largest number in an aspect ratio that is kept exactly.
EXACT_SIDE_MAX = 21
# The usual sizes; other pictures are as large as their aspect ratio allows within the number of pixels below.
USUAL_SIZES: Final = {
    ("1:1", "1K"): (1024, 1024),
    ("3:2", "1K"): (1536, 1024),
    ("2:3", "1K"): (1024, 1536),
    ("4:3", "1K"): (1280, 960),
    ("3:4", "1K"): (960, 1280),
}
PIXELS_MAX: Final = {"512": 512 * 512, "1K": 1536 * 864, "2K": 2048 * 2048, "4K": 3840 * 2160}
# How much the shape of a requested size may differ from an aspect ratio.
RATIO_TOLERANCE: Final = 0.02
# The sides of a requested size may be this many times as long as those of the nearest picture.
SIDES_LONGER_MAX: Final = 1.5


class Shape(NamedTuple):
    """An aspect ratio and a resolution."""

    aspect_ratio: str
    resolution: str


def of(request: PictureRequest) -> tuple[int, int]:
    """Return the size of the requested picture."""
    if request.aspect_ratio == AUTO and request.sources:
        first = request.sources[0]
        return like(first.width, first.height, request.resolution)
    return pixels(request.aspect_ratio, request.resolution)


def like(width: int, height: int, resolution: str | None) -> tuple[int, int]:
    """Return the size for a resolution in the shape of a picture of this size, as far as the shape is allowed."""
    exact = [side // math.gcd(width, height) for side in (width, height)]
    if max(exact) <= EXACT_SIDE_MAX and max(exact) <= RATIO_MAX * min(exact):
        # The size of a picture that was generated with this aspect ratio.
        return pixels("{}:{}".format(*exact), resolution)
    ratio = min(max(width / height, 1 / RATIO_MAX), RATIO_MAX)
    most = PIXELS_MAX[resolution or DEFAULT_RESOLUTION]
    long_side = min(math.sqrt(most * max(ratio, 1 / ratio)), SIDE_MAX)
    sides = (long_side, long_side / ratio) if ratio >= 1 else (long_side * ratio, long_side)
    return _multiple(sides[0]), _multiple(sides[1])


def _multiple(side: float) -> int:
    return max(1, int(side // SIDE_MULTIPLE)) * SIDE_MULTIPLE


def pixels(aspect_ratio: str, resolution: str | None) -> tuple[int, int]:
    """Return width and height; without a resolution, those of the default one."""
    resolution = resolution or DEFAULT_RESOLUTION
    if (aspect_ratio, resolution) in USUAL_SIZES:
        return USUAL_SIZES[aspect_ratio, resolution]
    sides = [int(side) for side in aspect_ratio.split(":")]
    width, height = (SIDE_MULTIPLE * side // math.gcd(*sides) for side in sides)
    factor = min(math.isqrt(PIXELS_MAX[resolution] // (width * height)), SIDE_MAX // max(width, height))
    return width * factor, height * factor


def nearest(width: int, height: int, *, aspect_ratios: Sequence[str], resolutions: Sequence[str] = ()) -> Shape | None:
    """Return the shape whose picture is nearest to a size in pixels; without resolutions, with the default one.

    None means that no aspect ratio is within RATIO_TOLERANCE, or that every picture of it is much smaller.
    """
    aspect_ratio = min(aspect_ratios, key=lambda ratio: _factor(_value(ratio), width / height))
    if _factor(_value(aspect_ratio), width / height) > 1 + RATIO_TOLERANCE:
        return None
    shapes = [Shape(aspect_ratio, resolution) for resolution in resolutions or [DEFAULT_RESOLUTION]]
    found = min(shapes, key=lambda shape: _factor(math.prod(pixels(*shape)), width * height))
    is_much_smaller = width * height > math.prod(pixels(*found)) * SIDES_LONGER_MAX**2
    return None if is_much_smaller else found


def _value(aspect_ratio: str) -> float:
    width, height = aspect_ratio.split(":")
    return int(width) / int(height)


def _factor(one: float, other: float) -> float:
    return max(one, other) / min(one, other)
