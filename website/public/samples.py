"""Example pictures for public pages and empty states: drawn by the sandbox provider, stored in `static/samples/`.

`make samples` draws them again.
"""

from dataclasses import dataclass
from typing import Final

from images.providers import sizes

FOLDER: Final = "samples"
LONG_SIDE = 1200
SMALL_LONG_SIDE = 560


@dataclass(frozen=True, slots=True)
class Sample:
    """An example picture, with the prompt, model, aspect ratio and price in credits shown beside it."""

    name: str
    prompt: str
    model: str
    aspect_ratio: str
    credits: int

    @property
    def picture(self) -> str:
        """Path of the large picture below static/."""
        return f"{FOLDER}/{self.name}.webp"

    @property
    def small_picture(self) -> str:
        """Path of the small picture below static/."""
        return f"{FOLDER}/{self.name}-small.webp"

    def size(self, long_side: int = LONG_SIDE) -> tuple[int, int]:
        """Return width and height in pixels for a picture with this long side."""
        width, height = sizes.pixels(self.aspect_ratio, None)
        return round(width * long_side / max(width, height)), round(height * long_side / max(width, height))


SAMPLES: Final = (
    Sample("stairwell", "Stairwell in coral, blue sky at noon, clean shadows", "gemini-3-pro", "3:4", 12),
    Sample("pines", "Emerald pine forest in fog, tall format", "gpt-image-2", "3:4", 5),
    Sample("dunes", "Desert dunes, long curves, late afternoon", "gpt-image-2", "3:2", 5),
    Sample("ridges", "Layered mountain ridges at dawn, first light", "gpt-image-2", "4:3", 5),
    Sample("still-life", "Coral sphere on a plinth, still life at noon", "gpt-image-2", "1:1", 5),
    Sample("bottle", "Amber apothecary bottle on a plinth, product shot", "gemini-3-pro", "3:4", 12),
    Sample("ink", "Poured ink in cream and navy, editorial banner", "gpt-image-2", "3:2", 5),
    Sample("leaves", "Folk textile with leaves in coral, teal and mustard", "gemini-2.5-flash", "1:1", 3),
    Sample("city", "Isometric city in winter, lit windows", "gemini-3.1-flash", "3:2", 5),
    Sample("sea", "Calm sea on a clear morning, sun path on the water", "gemini-3.1-flash", "3:2", 7),
    Sample("hills", "Sun dropping behind plum-coloured hills at sunset, wide", "gemini-3.1-flash", "16:9", 5),
    Sample("rings", "Two interlocked rings in teal and ochre, soft shadows", "gemini-2.5-flash", "1:1", 3),
    Sample("arches", "Screen-printed poster of concentric arches", "gpt-image-2", "2:3", 5),
    Sample("alps", "Blue alpine peaks in winter, fading into cloud", "gpt-image-1.5", "3:4", 3),
    Sample("lake", "Moonlit fjord, still water, winter night", "gemini-3-pro", "16:9", 18),
    Sample("tiles", "Bauhaus tiles in red, teal and ochre", "gpt-image-1.5", "1:1", 3),
    Sample("swirls", "Marbled paper in rose, plum and gold", "gpt-image-2.5-flare", "3:2", 2),
    Sample("morning", "Spruce forest after rain, morning fog", "gpt-image-2.5-sunburst", "3:2", 2),
    Sample("coast", "Evening sea under a long red sky, panorama", "gemini-nano-banana-2.1", "21:9", 3),
    Sample("neon", "Isometric city at night, neon windows", "gemini-3.1-flash-lite", "4:3", 3),
)
BY_NAME: Final = {sample.name: sample for sample in SAMPLES}
