"""The pictures of the sandbox provider, which depend on the prompt, the model and the size alone."""

import hashlib

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork import label
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import to_image
from images.providers.sandbox.artwork.choice import choose
from images.providers.sandbox.artwork.scenes.catalogue import SCENES

__all__ = ["paint", "render"]


def render(*, prompt: str, model_name: str, size: tuple[int, int]) -> Image.Image:
    """Return a labelled RGB picture of exactly `size` (width, height in pixels); equal requests give equal pixels."""
    picture = paint(prompt=prompt, model_name=model_name, size=size)
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
