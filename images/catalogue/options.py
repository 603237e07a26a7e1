"""The options of a picture, lowest value first, and the values of a request that names none."""

from typing import Final

QUALITIES: Final = ("low", "medium", "high")
RESOLUTIONS: Final = ("512", "1K", "2K", "4K")
THINKING_LEVELS: Final = ("default", "deep")
BACKGROUNDS: Final = ("opaque", "transparent")
OUTPUT_FORMATS: Final = ("png", "jpeg", "webp")

DEFAULT_RESOLUTION: Final = "1K"
DEFAULT_THINKING_LEVEL: Final = "default"
DEFAULT_BACKGROUND: Final = "opaque"


def default_backgrounds() -> list[str]:
    """Return the backgrounds of a model without a choice."""
    return [DEFAULT_BACKGROUND]
