"""The canvas that scenes paint on: an array of three float planes, rows first, with anti-aliased masks."""

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork.colour import Colour, Floats

GRAIN = 0.007
GRAIN_TILE_PIXELS = 512


def planes(colour: Colour) -> Floats:
    """Return the colour as an array that broadcasts over rows and columns."""
    return colour.reshape(3, 1, 1)


def paint(canvas: Floats, mask: Floats, colour: Floats) -> None:
    """Blend a colour, or planes of colours, into the canvas in proportion to the mask."""
    over = planes(colour) if colour.ndim == 1 else colour
    canvas += mask * (over - canvas)


def axes(width: int, height: int) -> tuple[Floats, Floats]:
    """Return the pixel centres as a row of x and a column of y, in pixels."""
    across = np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5)
    down = np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)
    return across, down


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """Interpolate from 0 at `low` to 1 at `high`, with zero slope at both ends."""
    part: Floats = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(part * part * (3 - 2 * part))


def from_mask(image: Image.Image, shrink: int = 1) -> Floats:
    """Return a mask as floats. A mask drawn larger and then shrunk has smooth edges."""
    small = image.reduce(shrink) if shrink > 1 else image
    return np.asarray(small, dtype=np.float32) * np.float32(1 / 255)


def from_image(image: Image.Image) -> Floats:
    """Return an RGB drawing as a canvas."""
    return np.moveaxis(np.asarray(image, dtype=np.float32) * np.float32(1 / 255), 2, 0).copy()


def resize(plane: Floats, width: int, height: int) -> Floats:
    """Return one plane enlarged with bicubic interpolation."""
    image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def to_image(canvas: Floats, rng: np.random.Generator) -> Image.Image:
    """Return the canvas as an RGB image. Slight grain hides the steps of long gradients."""
    _, height, width = canvas.shape
    tile = rng.standard_normal((GRAIN_TILE_PIXELS, GRAIN_TILE_PIXELS), dtype=np.float32) * np.float32(GRAIN * 255)
    repeats = (-(-height // GRAIN_TILE_PIXELS), -(-width // GRAIN_TILE_PIXELS))
    grain = np.tile(tile, repeats)[:height, :width] + np.float32(0.5)
    pixels = np.empty((height, width, 3), dtype=np.uint8)
    for channel in range(3):
        pixels[:, :, channel] = np.clip(canvas[channel] * np.float32(255) + grain, 0, 255)
    return Image.fromarray(pixels)
