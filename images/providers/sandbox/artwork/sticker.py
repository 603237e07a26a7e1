"""A scene as a sticker: a rounded shape with a white edge and a soft shadow on a transparent surround."""

from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from images.providers.sandbox.artwork.canvas import axes, smoothstep
from images.providers.sandbox.artwork.colour import Floats

# Shares of the sides of the picture.
SHAPE_SHARE: Final = 0.86
EDGE_SHARE: Final = 0.89
SHADOW_DROP_SHARE: Final = 0.012
# Share of the shorter side.
SHADOW_BLUR_SHARE: Final = 0.012
SHADOW: Final = (20, 18, 15)
SHADOW_OPACITY: Final = 0.45
# A shadow has no detail: a small one, enlarged, looks the same.
SHADOW_REDUCTION: Final = 4
WHITE: Final = (255, 255, 255)


def cut_out(scene: Image.Image) -> Image.Image:
    """Return an RGB scene as an RGBA sticker of the same size."""
    radii = _radii(*scene.size)
    edge = _shape(radii, EDGE_SHARE)
    picture = _layer(Image.new("RGB", scene.size, SHADOW), _shadow(edge))
    picture.alpha_composite(_layer(Image.new("RGB", scene.size, WHITE), edge))
    picture.alpha_composite(_layer(scene, _shape(radii, SHAPE_SHARE)))
    return picture


def _layer(colours: Image.Image, mask: Image.Image) -> Image.Image:
    layer = colours.convert("RGBA")
    layer.putalpha(mask)
    return layer


def _radii(width: int, height: int) -> Floats:
    """Return for each pixel the size of the superellipse on which it lies: 1 touches the sides of the picture."""
    x, y = axes(width, height)
    # The exponent is 4: 2 would be an ellipse, and larger ones come closer to a rectangle.
    power = np.square(np.square(x * (2 / width) - 1)) + np.square(np.square(y * (2 / height) - 1))
    return np.asarray(np.sqrt(np.sqrt(power)), dtype=np.float32)


def _shape(radii: Floats, share: float) -> Image.Image:
    """Return the mask of a superellipse whose sides are a share of the picture's, with an edge of about a pixel."""
    pixel = 2 / min(radii.shape)
    outside = smoothstep(share - pixel, share + pixel, radii)
    return Image.fromarray(255 - (outside * 255).astype(np.uint8))


def _shadow(shape: Image.Image) -> Image.Image:
    small = shape.reduce(SHADOW_REDUCTION)
    moved = Image.new("L", small.size)
    moved.paste(small, (0, round(small.height * SHADOW_DROP_SHARE)))
    blurred = moved.filter(ImageFilter.GaussianBlur(min(small.size) * SHADOW_BLUR_SHARE))
    return blurred.point(lambda value: value * SHADOW_OPACITY).resize(shape.size, Image.Resampling.BICUBIC)
