"""Colours as three floats from 0 to 1, and operations on them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Colour = Floats

RAMP_STEPS = 1024
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def from_hex(text: str) -> Colour:
    """Return the colour of a code like `#1d3150`."""
    return np.array([int(text[at : at + 2], 16) / 255 for at in (1, 3, 5)], dtype=np.float32)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the first colour moved towards the second by a share of the distance."""
    return (first + (second - first) * np.float32(share)).astype(np.float32)


def brightness(colour: Colour) -> float:
    """Return the perceived brightness, from 0 to 1."""
    return float(colour @ LUMA)


def ramp(stops: Sequence[Colour], at: Floats, positions: Sequence[float] | None = None) -> Floats:
    """Return planes (3, *at.shape) with the colours at positions from 0 to 1 along a gradient."""
    where = np.linspace(0, 1, len(stops)) if positions is None else np.asarray(positions)
    steps = np.linspace(0, 1, RAMP_STEPS)
    index = np.clip(at * (RAMP_STEPS - 1), 0, RAMP_STEPS - 1).astype(np.intp)
    channels = np.stack(list(stops), axis=1)
    return np.stack([np.interp(steps, where, channel).astype(np.float32)[index] for channel in channels])


def to_tuple(colour: Colour) -> tuple[int, int, int]:
    """Return the colour in Pillow's format: three integers up to 255."""
    red, green, blue = (round(255 * min(1.0, max(0.0, float(part)))) for part in colour)
    return red, green, blue
