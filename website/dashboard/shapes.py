"""The aspect ratio of the space for a picture: its own, or the nearest known one for a picture of any shape."""

from math import log

from images.models import Image, Upload
from website.dashboard.generate.choices import AUTO, RATIOS


def shown_ratio(picture: Image | Upload) -> str:
    """Return the aspect ratio of the space for a picture, for example 3:2; square if its size is not known yet."""
    ratio = picture.aspect_ratio if isinstance(picture, Image) else AUTO
    return nearest_ratio(picture.width or 1, picture.height or 1) if ratio == AUTO else ratio


def is_any_shape(picture: Image | Upload) -> bool:
    """Return whether a picture can have another shape than its space."""
    return isinstance(picture, Upload) or picture.aspect_ratio == AUTO


def nearest_ratio(width: int, height: int) -> str:
    """Return the aspect ratio that is nearest to a size in pixels."""
    return min(RATIOS, key=lambda ratio: abs(log(width / height) - log(quotient(ratio))))


def quotient(ratio: str) -> float:
    """Return width by height of an aspect ratio."""
    width, height = ratio.split(":")
    return int(width) / int(height)
