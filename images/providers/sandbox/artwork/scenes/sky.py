"""Skies: the long gradient, the sun or moon with its glow, drifting cloud and stars."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import axes, from_mask, paint, smoothstep
from images.providers.sandbox.artwork.colour import Floats, mix, ramp

WORK_SHRINK = 4
STARS_PER_MEGAPIXEL = 420


@dataclass(frozen=True)
class Orb:
    """The sun or the moon, in pixels."""

    x: float
    y: float
    radius: float


def gradient(brief: Brief, horizon: float) -> Floats:
    """Return a canvas with sky down to the horizon, and the lowest colour below it."""
    down = np.clip(np.arange(brief.height, dtype=np.float32)[:, None] / np.float32(horizon), 0, 1)
    column = ramp(brief.weather.sky, down, (0, 0.55, 1))
    return np.broadcast_to(column, (3, brief.height, brief.width)).copy()


def orb(brief: Brief, low: float, high: float, radius: float = 4.2) -> Orb:
    """Return a sun off the middle, with its centre between two shares of the height."""
    side = brief.rng.choice((-1, 1)) * brief.rng.uniform(0.1, 0.27)
    y = brief.rng.uniform(low, high) * brief.height
    return Orb((0.5 + side) * brief.width, y, radius * brief.unit)


def shine(brief: Brief, canvas: Floats, sun: Orb, strength: float = 1.0) -> None:
    """Paint the orb over a wide and a narrow glow."""
    across, down = axes(brief.width, brief.height)
    distance: Floats = np.sqrt((across - np.float32(sun.x)) ** 2 + (down - np.float32(sun.y)) ** 2)
    wide = np.exp(distance * np.float32(-1 / (sun.radius * 5.5)))
    near = np.exp(distance * np.float32(-1 / (sun.radius * 1.6)))
    glow: Floats = wide * np.float32(0.42 * strength) + near * np.float32(0.3 * strength)
    paint(canvas, glow, mix(brief.weather.sun, brief.weather.sky[2], 0.3))
    paint(canvas, np.clip(np.float32(sun.radius) - distance + np.float32(0.5), 0, 1), brief.weather.sun)


def clouds(brief: Brief, canvas: Floats, horizon: float, cover: float = 0.5) -> None:
    """Long streaks of thin cloud, lit from below, that fade towards the top and the horizon."""
    height = max(8, int(horizon))
    small = (brief.width // WORK_SHRINK, max(2, height // WORK_SHRINK))
    aspect = brief.width / height
    field = noise.fractal(brief.rng, *small, 1.3 * aspect, 6.5, octaves=5, gain=0.55)
    level = np.linspace(0, 1, small[1], dtype=np.float32)[:, None]
    veil = smoothstep(0.05, 0.6, field + np.float32(cover - 0.5)) * (level * (1 - level) * 3.2)
    mask = _enlarge(veil, brief.width, height)
    lit = mix(brief.weather.sky[2], brief.weather.sun, 0.55)
    paint(canvas[:, :height], mask * np.float32(0.6), lit)


def stars(brief: Brief, canvas: Floats, horizon: float) -> None:
    """Small stars of uneven brightness that thin out towards the horizon."""
    count = int(STARS_PER_MEGAPIXEL * brief.width * horizon / 1e6) + 20
    sheet = Image.new("L", (brief.width * 2, int(horizon) * 2))
    draw = ImageDraw.Draw(sheet)
    for x, y, size, light in brief.rng.random((count, 4)):
        radius = (0.35 + 0.75 * size**4) * max(1.0, brief.unit / 9)
        height = horizon * 2 * y**1.4
        place = (x * sheet.width - radius, height - radius, x * sheet.width + radius, height + radius)
        draw.ellipse(place, fill=int(60 + 190 * light**2))
    mask = from_mask(sheet, 2)
    paint(canvas[:, : mask.shape[0]], mask, brief.weather.sun)


def _enlarge(plane: Floats, width: int, height: int) -> Floats:
    image = Image.fromarray(np.ascontiguousarray(plane)).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(np.clip(np.asarray(image), 0, 1))
