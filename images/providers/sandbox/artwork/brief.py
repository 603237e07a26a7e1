"""The input of a scene: its size, its colours and its random generator."""

from dataclasses import dataclass

import numpy as np

from images.providers.sandbox.artwork.colour import Colour
from images.providers.sandbox.artwork.palettes import Weather


@dataclass(frozen=True)
class Brief:
    """Everything that a scene may use. The order in which it draws from `rng` determines the picture."""

    width: int
    height: int
    weather: Weather
    inks: tuple[Colour, ...]
    rng: np.random.Generator

    @property
    def unit(self) -> float:
        """A hundredth of the geometric mean of the sides, so that lengths scale with the picture."""
        return float((self.width * self.height) ** 0.5) / 100
