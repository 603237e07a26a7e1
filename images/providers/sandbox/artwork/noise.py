"""Smooth random fields: grids of random values enlarged by Pillow and summed over octaves."""

import math

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork.colour import Floats


def layer(rng: np.random.Generator, width: int, height: int, across: float, down: float) -> Floats:
    """Return one octave of values from about -1 to 1, with `across` by `down` cells."""
    columns, rows = math.ceil(across) + 4, math.ceil(down) + 4
    grid = rng.uniform(-1, 1, (rows, columns)).astype(np.float32)
    left, top = rng.uniform(1, 2, 2)
    box = (left, top, left + across, top + down)
    return np.asarray(Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC, box=box))


def fractal(
    rng: np.random.Generator, width: int, height: int, across: float, down: float, octaves: int = 4, gain: float = 0.5
) -> Floats:
    """Return a sum of octaves, each twice as fine and `gain` times as strong as the previous one."""
    total = np.zeros((height, width), dtype=np.float32)
    strength, total_strength = 1.0, 0.0
    for octave in range(octaves):
        total += np.float32(strength) * layer(rng, width, height, across * 2**octave, down * 2**octave)
        total_strength += strength
        strength *= gain
    return total / np.float32(total_strength)


def line(rng: np.random.Generator, width: int, cells: float, octaves: int = 6, gain: float = 0.5) -> Floats:
    """Return a random profile of `width` samples from about -1 to 1."""
    total = np.zeros(width, dtype=np.float32)
    strength, total_strength = 1.0, 0.0
    for octave in range(octaves):
        total += np.float32(strength) * layer(rng, width, 1, cells * 2**octave, 1)[0]
        total_strength += strength
        strength *= gain
    return total / np.float32(total_strength)


def ridges(rng: np.random.Generator, width: int, cells: float, octaves: int = 6, gain: float = 0.5) -> Floats:
    """Return a profile with pointed peaks, from about 0 to 1, for mountains."""
    total = np.zeros(width, dtype=np.float32)
    strength, total_strength = 1.0, 0.0
    for octave in range(octaves):
        fold = 1 - np.abs(layer(rng, width, 1, cells * 2**octave, 1)[0])
        total += np.float32(strength) * fold * fold
        total_strength += strength
        strength *= gain
    return total / np.float32(total_strength)
