"""Open water under a low sun, with swell in perspective and a path of glints."""

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import axes, paint, planes, smoothstep
from images.providers.sandbox.artwork.colour import Floats, mix, ramp
from images.providers.sandbox.artwork.scenes import sky

TEXTURE_PIXELS = 1024


def sea(brief: Brief) -> Floats:
    """Return the sky and the water that reflects it."""
    horizon = int(brief.height * brief.rng.uniform(0.52, 0.6))
    canvas = sky.gradient(brief, horizon)
    sun = sky.orb(brief, 0.3, 0.47, radius=4.6)
    if brief.weather.dark:
        sky.stars(brief, canvas, horizon * 0.9)
    sky.clouds(brief, canvas, horizon, cover=0.55)
    sky.shine(brief, canvas, sun)
    canvas[:, horizon:] = _water(brief, horizon, sun)
    _haze(brief, canvas, horizon)
    return canvas


def _water(brief: Brief, horizon: int, sun: sky.Orb) -> Floats:
    """Return the water: colour by distance, swell by slope, and reflected sunlight where the slope matches."""
    height = brief.height - horizon
    nearness = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    swell = _swell(brief, height)
    deep = mix(brief.weather.near, brief.weather.sky[0], 0.3)
    middle = mix(deep, brief.weather.sky[1], 0.45)
    stops = (mix(brief.weather.sky[2], middle, 0.45), middle, deep, mix(deep, brief.weather.near, 0.6))
    tone = np.clip(nearness**0.6 - swell * (np.float32(0.1) + 0.26 * nearness), 0, 1)
    water = ramp(stops, tone, (0, 0.22, 0.7, 1))
    paint(water, _glints(brief, swell, nearness, sun), mix(brief.weather.sun, brief.weather.sky[2], 0.15))
    return water


def _swell(brief: Brief, height: int) -> Floats:
    """Return a plane of waves in perspective, calmer towards the horizon, where detail would flicker."""
    side = TEXTURE_PIXELS
    long = noise.fractal(brief.rng, side, side, 7, 44, octaves=3, gain=0.55)
    short = noise.fractal(brief.rng, side, side, 22, 130, octaves=2, gain=0.6)
    sheet = Image.fromarray(long * np.float32(0.75) + short * np.float32(0.55))
    near, far = side * 0.42, side * 0.94
    corners = _perspective(brief.width, height, side, near, far)
    flat = sheet.transform((brief.width, height), Image.Transform.PERSPECTIVE, corners, Image.Resampling.BILINEAR)
    return np.asarray(flat) * np.float32(1.5)


def _perspective(width: int, height: int, side: int, near: float, far: float) -> tuple[float, ...]:
    """Return the coefficients that map the picture onto the plane: all of it at the horizon, its middle in front."""
    squeeze = far / near
    slope = (squeeze - 1) / height
    middle = side / 2
    across = far / width
    return (
        across, middle * slope, middle - far / 2,
        0.0, (side - 8) * slope * 0.98, 4.0,
        0.0, slope,
    )  # fmt: skip


def _glints(brief: Brief, swell: Floats, nearness: Floats, sun: sky.Orb) -> Floats:
    """Return the reflection of the sun: solid near the horizon, in flecks towards the viewer."""
    across, _ = axes(brief.width, 1)
    spread = np.float32(sun.radius) * (np.float32(0.95) + 3.4 * nearness)
    path = np.exp(-(((across - np.float32(sun.x)) / spread) ** 2))
    limit = np.float32(0.9) - path * (np.float32(1.12) - 0.42 * nearness)
    flecks = smoothstep(0, 0.3, swell * np.float32(0.9) - limit)
    return np.asarray(flecks * np.sqrt(path) * (np.float32(0.95) - 0.35 * nearness))


def _haze(brief: Brief, canvas: Floats, horizon: int) -> None:
    """Paint a soft bright line over the horizon."""
    _, down = axes(1, brief.height)
    band = np.exp(-np.abs(down - horizon) / np.float32(1.4 * brief.unit))
    paint(canvas, band * np.float32(0.42), planes(mix(brief.weather.sky[2], brief.weather.sun, 0.3)))
