"""What a scene is asked to paint: its size, its colours and its own source of chance."""

from dataclasses import dataclass

import numpy as np

from images.providers.sandbox.artwork.colour import Colour
from images.providers.sandbox.artwork.palettes import Weather


@dataclass(frozen=True)
class Brief:
    """Everything a scene may use; the order in which it draws from `rng` is part of the picture."""

    width: int
    height: int
    weather: Weather
    inks: tuple[Colour, ...]
    rng: np.random.Generator

    @property
    def unit(self) -> float:
        """A hundredth of the picture's geometric mean side: lengths in it look alike at every size."""
        return float((self.width * self.height) ** 0.5) / 100
