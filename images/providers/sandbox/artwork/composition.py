"""The scene of a prompt, without a label, and the colours that it is made of."""

import hashlib

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork import detail
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import to_image
from images.providers.sandbox.artwork.choice import choose
from images.providers.sandbox.artwork.colour import Colour
from images.providers.sandbox.artwork.scenes.catalogue import SCENES


def paint(*, prompt: str, model_name: str, size: tuple[int, int]) -> Image.Image:
    """Return the picture without the label and the sandbox mark."""
    rng = _generator(prompt, model_name)
    choice = choose(prompt, rng)
    brief = Brief(*size, weather=choice.weather, inks=choice.inks, rng=rng)
    return to_image(SCENES[choice.scene](brief), rng)


def paint_in_quality(*, prompt: str, model_name: str, size: tuple[int, int], quality: str | None) -> Image.Image:
    """Return the picture with the detail of a quality: "low", "medium" (also for None) or "high"."""
    level = detail.LEVELS[quality or detail.DEFAULT]
    painted = paint(prompt=prompt, model_name=model_name, size=detail.painted_size(size, level))
    return detail.fit(painted, size, level)


def tones(*, prompt: str, model_name: str) -> tuple[Colour, Colour]:
    """Return the darkest and the lightest colour of the weather that the prompt names or that is chosen for it."""
    weather = choose(prompt, _generator(prompt, model_name)).weather
    return weather.near, weather.sun


def _generator(prompt: str, model_name: str) -> np.random.Generator:
    # Strict encoding fails on a lone surrogate, which a prompt can contain.
    text = f"{model_name}\0{prompt}".encode("utf-8", "surrogatepass")
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text).digest()))
