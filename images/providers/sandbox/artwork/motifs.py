"""Leaves and flowers for printed patterns, as polygons about the origin that are about two units tall."""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
from numpy.typing import NDArray

from images.providers.sandbox.artwork.colour import Floats

Polygons = list[Floats]
Motif = Callable[[], Polygons]

SMOOTHNESS = 64


def lobed() -> Polygons:
    """Return a leaf of rounded lobes, as in a paper cut."""
    turn = np.linspace(0, 2 * pi, SMOOTHNESS * 6, endpoint=False)
    spread = np.abs(np.sin(turn)) ** 0.8 * (0.47 + 0.11 * np.cos(18 * turn))
    return [_outline(np.sign(np.sin(turn)) * spread, -np.cos(turn) * 0.98)]


def veined() -> Polygons:
    """Return two halves of a pointed leaf divided into slanting ribs, with the stem between them."""
    ribs: Polygons = []
    count = 7
    for side in (-1, 1):
        for rib in range(count):
            low, high = -0.86 + rib * 0.24, -0.86 + rib * 0.24 + 0.19
            reach = 0.56 * sin(pi * (rib + 0.75) / (count + 0.6)) ** 0.75
            ribs.append(_rib(side, low, high, reach))
    return [*ribs, _outline(np.array([-0.022, 0.022, 0.012, -0.012]), np.array([1.05, 1.05, -0.95, -0.95]))]


def _rib(side: int, low: float, high: float, reach: float) -> Floats:
    part = np.linspace(0, 1, SMOOTHNESS // 2)
    lift = 0.26 * part**0.9
    over = np.stack((0.05 + reach * part, -(high + lift - 0.05 * part**3)))
    under = np.stack((0.05 + reach * part, -(low + lift + (high - low) * 0.75 * part**4)))
    x, y = np.concatenate((over, under[:, ::-1]), axis=1)
    return _outline(side * x, y)


def sprig() -> Polygons:
    """Return a stem with pairs of oval leaves and one leaf at its tip."""
    leaves = [_oval(0, -0.74, 0.13, 0.27, 0.0)]
    for pair in range(4):
        y, size = -0.38 + pair * 0.36, 0.76 + 0.08 * pair
        leaves.extend(_oval(side * 0.29 * size, y, 0.12 * size, 0.29 * size, side * 0.95) for side in (-1, 1))
    return [*leaves, _outline(np.array([-0.02, 0.02, 0.014, -0.014]), np.array([1.05, 1.05, -0.6, -0.6]))]


def fan() -> Polygons:
    """Return a ginkgo leaf: a fan with a notch, on a thin stem."""
    turn = np.linspace(-1.12, 1.12, SMOOTHNESS * 2)
    edge = 1.22 * (1 - 0.26 * np.exp(-((turn / 0.12) ** 2))) * (1 + 0.018 * np.cos(26 * turn))
    x, y = np.append(np.sin(turn) * edge, 0.0), np.append(0.42 - np.cos(turn) * edge, 0.44)
    stem = _outline(np.array([-0.03, 0.03, 0.075, 0.03]), np.array([0.36, 0.36, 1.0, 1.0]))
    return [_outline(x * 0.86, y), stem]


def tulip() -> Polygons:
    """Return a folk-art tulip: a cup of three petals above two long leaves."""
    cup = np.linspace(0, pi, SMOOTHNESS)
    x = np.concatenate((np.cos(cup) * 0.46, [-0.46, -0.24, 0, 0.24, 0.46]))
    y = np.concatenate((np.sin(cup) * 0.46 - 0.42, [-0.98, -0.62, -1.02, -0.62, -0.98]))
    stem = _outline(np.array([-0.03, 0.03, 0.03, -0.03]), np.array([0, 0, 1.0, 1.0]))
    return [_outline(x, y), stem, _oval(-0.27, 0.5, 0.11, 0.42, -0.5), _oval(0.27, 0.5, 0.11, 0.42, 0.5)]


def _oval(x: float, y: float, wide: float, tall: float, turn: float) -> Floats:
    """Return a leaf with two points, rotated about its centre."""
    part = np.linspace(0, 2 * pi, SMOOTHNESS, endpoint=False)
    across, along = wide * np.sign(np.sin(part)) * np.abs(np.sin(part)) ** 1.25, -np.cos(part) * tall
    return _outline(x + across * cos(turn) - along * sin(turn), y + across * sin(turn) + along * cos(turn))


def _outline(x: NDArray[np.floating], y: NDArray[np.floating]) -> Floats:
    return np.stack((x, y)).astype(np.float32)


LEAVES: tuple[Motif, ...] = (lobed, veined, sprig, fan)
MOTIFS: tuple[Motif, ...] = (*LEAVES, tulip)
