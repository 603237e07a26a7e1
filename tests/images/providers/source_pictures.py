"""Sources and masks for provider requests."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from images.providers import SourcePicture

Box = tuple[int, int, int, int]


def encode(picture: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, file_format, **options)
    return out.getvalue()


def gradient(width: int, height: int, *, colour: str = "teal") -> Image.Image:
    """Return a picture that differs in each of its parts, without edges that compression would change."""
    down = Image.linear_gradient("L").resize((width, height))
    across = Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90).resize((width, height))
    shade = Image.blend(down, across, 0.4)
    return Image.merge("RGB", [shade.point(lambda value, c=channel: value * c // 255) for channel in _rgb(colour)])


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = Image.new("RGB", (1, 1), colour).getpixel((0, 0))  # type: ignore[misc]
    return red, green, blue


def noise(width: int, height: int) -> Image.Image:
    """Return a picture that hardly compresses."""
    values = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def source(picture: Image.Image, file_format: str = "PNG", **options: Any) -> SourcePicture:
    """Return a picture as the worker reads it from storage."""
    return SourcePicture(encode(picture, file_format, **options), f"image/{file_format.lower()}", *picture.size)


def mask(size: tuple[int, int], *boxes: Box) -> bytes:
    """Return a mask in OpenAI's form that marks these boxes (left, top, right, bottom, without the last pixels)."""
    picture = Image.new("RGBA", size, (0, 0, 0, 255))
    for left, top, right, bottom in boxes:
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), fill=(0, 0, 0, 0))
    return encode(picture)
