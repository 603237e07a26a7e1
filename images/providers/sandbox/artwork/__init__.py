"""The pictures of the sandbox provider, which depend on the prompt, the model, the size and the options alone."""

import hashlib

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork import detail, label, sticker
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import to_image
from images.providers.sandbox.artwork.choice import choose
from images.providers.sandbox.artwork.scenes.catalogue import SCENES

__all__ = ["paint", "render"]


def render(
    *, prompt: str, model_name: str, size: tuple[int, int], quality: str | None = None, transparent: bool = False
) -> Image.Image:
    """Return a labelled picture of exactly `size` (width, height in pixels); equal requests give equal pixels.

    Args:
        prompt: Selects the scene and is the text of the label.
        model_name: The second line of the label.
        size: Width and height in pixels.
        quality: "low", "medium" or "high", which changes the detail of the same scene; None is "medium".
        transparent: Whether the scene is a sticker on a transparent surround, in RGBA; otherwise the picture is RGB.
    """
    chosen = detail.LEVELS[quality or detail.DEFAULT]
    picture = paint(prompt=prompt, model_name=model_name, size=detail.painted_size(size, chosen))
    picture = detail.fit(picture, size, chosen)
    if transparent:
        picture = sticker.cut_out(picture)
    label.put(picture, prompt=prompt, model_name=model_name)
    return picture


def paint(*, prompt: str, model_name: str, size: tuple[int, int]) -> Image.Image:
    """Return the picture without the label and the sandbox mark."""
    rng = np.random.default_rng(_seed(prompt, model_name))
    choice = choose(prompt, rng)
    brief = Brief(*size, weather=choice.weather, inks=choice.inks, rng=rng)
    return to_image(SCENES[choice.scene](brief), rng)


def _seed(prompt: str, model_name: str) -> int:
    # Strict encoding fails on a lone surrogate, which a prompt can contain.
    text = f"{model_name}\0{prompt}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest())
