"""Conifers in ranks, each rank paler and deeper in the mist, under a moon or a hazy sun."""

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import from_mask, paint, planes, resize, smoothstep
from images.providers.sandbox.artwork.colour import Floats, mix
from images.providers.sandbox.artwork.scenes import sky

RANKS = 5
SUPERSAMPLE = 2
MIST_SHRINK = 6

Point = tuple[float, float]


def forest(brief: Brief) -> Floats:
    """Return sky and moon, then ranks of trees from far to near."""
    horizon = brief.height * 0.72
    canvas = sky.gradient(brief, horizon)
    if brief.weather.dark:
        sky.stars(brief, canvas, horizon * 0.75)
    sky.shine(brief, canvas, sky.orb(brief, 0.2, 0.3, radius=3.6), strength=1.15)
    sky.clouds(brief, canvas, horizon, cover=0.34)
    mist = _mist(brief)
    for index in range(RANKS):
        _rank(brief, canvas, index / (RANKS - 1), mist)
    return canvas


def _mist(brief: Brief) -> Floats:
    width, height = brief.width // MIST_SHRINK, brief.height // MIST_SHRINK
    small = noise.fractal(brief.rng, width, height, 3 * brief.width / brief.height, 6, octaves=4)
    return resize(small, brief.width, brief.height)


def _rank(brief: Brief, canvas: Floats, near: float, mist: Floats) -> None:
    """Paint one rank of trees with its ground, fading into the mist at its foot."""
    mask, top = _silhouette(brief, near)
    bottom = top + mask.shape[0]
    colour = mix(brief.weather.far, brief.weather.near, near**0.85)
    haze = mix(brief.weather.sky[2], brief.weather.far, 0.35 + 0.35 * near)
    level = np.linspace(0, 1, mask.shape[0], dtype=np.float32)[:, None]
    veil = smoothstep(0.25, 0.95, level + mist[top:bottom] * np.float32(0.3)) * np.float32(0.75 * (1 - near) ** 0.7)
    paint(canvas[:, top:bottom], mask, planes(colour) + veil * (planes(haze) - planes(colour)))


def _silhouette(brief: Brief, near: float) -> tuple[Floats, int]:
    """Return the rank as a mask, and the row where it starts."""
    tall = brief.height * (0.17 + 0.3 * near**1.2)
    ground = brief.height * (0.66 + 0.33 * near)
    top = max(0, int(ground - tall * 1.35 - brief.height * 0.05))
    sheet = Image.new("L", (brief.width * SUPERSAMPLE, (brief.height - top) * SUPERSAMPLE))
    draw = ImageDraw.Draw(sheet)
    floor = (ground - top + noise.line(brief.rng, brief.width, 4, octaves=4) * brief.height * 0.03) * SUPERSAMPLE
    soil = [(float(x * SUPERSAMPLE), float(floor[x])) for x in range(0, brief.width, 4)]
    draw.polygon([*soil, (sheet.width, float(floor[-1])), (sheet.width, sheet.height), (0, sheet.height)], fill=255)
    for x, size in _trees(brief, near):
        height = tall * size * SUPERSAMPLE
        foot = float(floor[min(brief.width - 1, max(0, int(x)))]) + 0.09 * height
        draw.polygon(_conifer(brief.rng, x * SUPERSAMPLE, foot, height), fill=255)
    return from_mask(sheet, SUPERSAMPLE), top


def _trees(brief: Brief, near: float) -> Iterator[tuple[float, float]]:
    """Yield the position and height of each tree: in clumps, with a clearing in the middle of the near ranks."""
    spacing = brief.height * (0.026 + 0.05 * near)
    count = int(brief.width / spacing) + 2
    clump = noise.line(brief.rng, count, max(2.0, count / 6), octaves=2)
    for index in range(count):
        x = (index + brief.rng.uniform(-0.45, 0.45)) * spacing
        middle = 1 - min(1.0, abs(x / brief.width - 0.5) * 2.6)
        size = brief.rng.uniform(0.62, 1.0) + 0.45 * float(clump[index]) - 0.42 * middle * near
        if size > 0.34:
            yield x, size


def _conifer(rng: np.random.Generator, x: float, foot: float, height: float) -> list[Point]:
    """Return the outline of a spruce: tiers of branches that widen downwards, irregular on either side."""
    tiers = int(np.clip(height / 11, 9, 34))
    girth = height * rng.uniform(0.13, 0.19)
    lean = rng.uniform(-0.012, 0.012) * height
    left = list(_boughs(rng, tiers, girth, height))
    right = list(_boughs(rng, tiers, girth, height))
    head = foot - height
    middle = [lean * (1 - down / height) for _, down in left]
    west = [(x + bend - out, head + down) for (out, down), bend in zip(left, middle, strict=True)]
    east = [(x + bend + out, head + down) for (out, down), bend in zip(right, middle, strict=True)]
    return [(x + lean, head - height * 0.02), *east, *reversed(west)]


def _boughs(rng: np.random.Generator, tiers: int, girth: float, height: float) -> Iterator[Point]:
    for tier in range(tiers):
        share = (tier + 1) / tiers
        reach = girth * share**0.82 * rng.uniform(0.62, 1.08)
        drop = height * 0.93 * share
        yield reach, drop + height * 0.012
        yield reach * rng.uniform(0.3, 0.5), drop - height * 0.006
    trunk = girth * 0.09
    yield trunk, height * 0.95
    yield trunk, height
