"""Paints the pictures of the sandbox provider: everything in them follows from the prompt, the model and the size."""

import hashlib

import numpy as np
from PIL import Image

from . import label
from .brief import Brief
from .canvas import to_image
from .choice import choose
from .scenes import SCENES

__all__ = ["render"]


def render(*, prompt: str, model_name: str, size: tuple[int, int]) -> Image.Image:
    """An RGB picture of exactly `size` (width, height in pixels); the same request gives the same pixels."""
    rng = np.random.default_rng(_seed(prompt, model_name))
    choice = choose(prompt, rng)
    brief = Brief(*size, weather=choice.weather, inks=choice.inks, rng=rng)
    picture = to_image(SCENES[choice.scene](brief), rng)
    label.put(picture, prompt=prompt, model_name=model_name)
    return picture


def _seed(prompt: str, model_name: str) -> int:
    # A lone surrogate cannot be encoded strictly, and a prompt may hold one.
    text = f"{model_name}\0{prompt}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(text).digest())
