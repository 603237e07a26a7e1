"""Poured ink: one smooth field, folded twice through other fields and coloured in bands."""

import numpy as np

from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import resize
from images.providers.sandbox.artwork.colour import Colour, Floats, mix, ramp

SHRINK = 2
TILE_PIXELS = 512
TILE_CELLS = 32
SKEW = (np.float32(0.8), np.float32(0.6))


def marble(brief: Brief) -> Floats:
    """Return bands of ink along the levels of the folded field, with a wet gloss."""
    field = _fold(brief)
    canvas = ramp(_bands(brief), _triangle(field * np.float32(brief.rng.uniform(0.8, 1.0))))
    _gloss(brief, canvas, field)
    return canvas


def _bands(brief: Brief) -> tuple[Colour, ...]:
    """Return wide stops of paper and the first ink, with the other inks as thin veins between them."""
    paper, first, second, third, *_ = brief.inks
    dark = mix(first, first * 0.35, 0.6)
    return (
        third, mix(third, paper, 0.5), paper, paper, mix(paper, second, 0.25), paper, mix(paper, dark, 0.55),
        dark, first, mix(first, second, 0.5), first, dark, mix(dark, paper, 0.5), paper, mix(paper, third, 0.5),
        third, dark, first, first,
    )  # fmt: skip


def _fold(brief: Brief) -> Floats:
    """Return a field sampled at positions that other fields displace, which folds it like poured paint."""
    width, height = brief.width // SHRINK, brief.height // SHRINK
    zoom = np.float32(2.1 * TILE_PIXELS / TILE_CELLS / (brief.unit * 100 / SHRINK))
    x = np.broadcast_to(np.arange(width, dtype=np.float32)[None, :] * zoom, (height, width))
    y = np.broadcast_to(np.arange(height, dtype=np.float32)[:, None] * zoom, (height, width))
    smooth, rough = _tile(brief.rng, 2), _tile(brief.rng, 4)
    reach = np.float32(brief.rng.uniform(24, 32))
    x1, y1 = x + reach * _sample(rough, x, y), y + reach * _sample(rough, x + 171, y + 59)
    # Sampled at an angle, so that the folds do not align with the rows and columns of the noise.
    x2, y2 = x1 * SKEW[0] - y1 * SKEW[1], x1 * SKEW[1] + y1 * SKEW[0]
    x3 = x + reach * np.float32(1.2) * _sample(rough, x2 + 31, y2 + 247)
    y3 = y + reach * np.float32(1.2) * _sample(rough, x2 + 303, y2 + 118)
    return resize(_sample(smooth, x3 * SKEW[1] + y3 * SKEW[0], y3 * SKEW[1] - x3 * SKEW[0]), brief.width, brief.height)


def _tile(rng: np.random.Generator, octaves: int) -> Floats:
    """Return a square of noise with matching edges, which can be sampled anywhere."""
    side, total = TILE_PIXELS, np.zeros((TILE_PIXELS, TILE_PIXELS), dtype=np.float32)
    for octave in range(octaves):
        cells = TILE_CELLS // 2 * 2**octave
        grid = np.pad(rng.uniform(-1, 1, (cells, cells)).astype(np.float32), 4, mode="wrap")
        edge = 4 * side // cells
        total += resize(grid, side + 2 * edge, side + 2 * edge)[edge : edge + side, edge : edge + side] * 0.42**octave
    return total


def _sample(tile: Floats, x: Floats, y: Floats) -> Floats:
    """Return the bilinear interpolation of the tile, repeated periodically."""
    left, top = np.floor(x), np.floor(y)
    part_x, part_y = x - left, y - top
    column, row = left.astype(np.int32) % TILE_PIXELS, top.astype(np.int32) % TILE_PIXELS
    right, below = (column + 1) % TILE_PIXELS, (row + 1) % TILE_PIXELS
    flat = tile.ravel()
    row *= TILE_PIXELS
    below *= TILE_PIXELS
    upper = flat[row + column] * (1 - part_x) + flat[row + right] * part_x
    lower = flat[below + column] * (1 - part_x) + flat[below + right] * part_x
    folded: Floats = upper + (lower - upper) * part_y
    return folded


def _triangle(value: Floats) -> Floats:
    part = value - np.floor(value)
    return np.float32(1) - np.abs(part * 2 - 1)


def _gloss(brief: Brief, canvas: Floats, field: Floats) -> None:
    """Light the relief of the field from the upper left, as on wet paint."""
    relief = np.zeros_like(field)
    relief[1:, 1:] = (field[1:, 1:] - field[:-1, :-1]) * np.float32(brief.unit * 1.1)
    canvas += np.clip(relief, -0.14, 0.12)
