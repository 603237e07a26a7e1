"""Ranges of mountains that fade into mist, and the same ranges mirrored in a lake."""

import numpy as np

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import axes, paint, planes, resize, smoothstep
from images.providers.sandbox.artwork.colour import Floats, mix, ramp
from images.providers.sandbox.artwork.scenes import sky

LAYERS = 7
MIST_SHRINK = 6


def mountains(brief: Brief) -> Floats:
    """Return ranges from below the sun down to the foreground."""
    canvas = _sky(brief, brief.height * 0.62)
    _ranges(brief, canvas, top=0.47, bottom=0.97, count=LAYERS)
    return canvas


def lake(brief: Brief) -> Floats:
    """Return mountains above still water: the lower part is a rippled reflection of the upper part."""
    shore = int(brief.height * 0.6)
    canvas = _sky(brief, shore)
    _ranges(brief, canvas[:, :shore], top=0.5, bottom=0.93, count=5)
    canvas[:, shore:] = _mirror(brief, canvas[:, :shore], brief.height - shore)
    _shoreline(brief, canvas, shore)
    return canvas


def _sky(brief: Brief, horizon: float) -> Floats:
    canvas = sky.gradient(brief, horizon)
    if brief.weather.dark:
        sky.stars(brief, canvas, horizon * 0.9)
    sky.shine(brief, canvas, sky.orb(brief, 0.26, 0.4))
    sky.clouds(brief, canvas, horizon, cover=0.42)
    return canvas


def _ranges(brief: Brief, canvas: Floats, top: float, bottom: float, count: int) -> None:
    """Paint ranges from far to near, each lower, rougher and darker than the one behind it."""
    _, height, width = canvas.shape
    mist = _mist(brief, width, height)
    aspect = width / height
    for index in range(count):
        near = index / (count - 1)
        base = height * (top + (bottom - top) * near**1.15)
        rise = height * brief.rng.uniform(0.13, 0.2) * (1 - 0.2 * near)
        crest = base - rise * _profile(brief, width, aspect * (1.1 + 0.9 * near), near)
        colour = mix(brief.weather.far, brief.weather.near, near**1.25)
        _paint_range(canvas, crest, colour, mix(brief.weather.sky[2], brief.weather.far, 0.25 + 0.5 * near), mist, near)


def _profile(brief: Brief, width: int, cells: float, near: float) -> Floats:
    """Return a profile that is pointed far away and rounder nearby, with a slow swell that varies its height."""
    sharp = noise.ridges(brief.rng, width, cells * 1.3, octaves=8, gain=0.47)
    swell = noise.line(brief.rng, width, cells * 0.7, octaves=2)
    rough = noise.line(brief.rng, width, cells * 14, octaves=5, gain=0.6)
    return (
        sharp * np.float32(1.15) + swell * np.float32(0.75) - np.float32(0.45) + rough * np.float32(0.05 * near + 0.02)
    )


def _mist(brief: Brief, width: int, height: int) -> Floats:
    small = noise.fractal(brief.rng, width // MIST_SHRINK, height // MIST_SHRINK, 2.2 * width / height, 5, octaves=4)
    return resize(small, width, height)


def _paint_range(canvas: Floats, crest: Floats, colour: Floats, haze: Floats, mist: Floats, near: float) -> None:
    """Paint one range, opaque at its crest and fading downwards into uneven mist."""
    _, height, width = canvas.shape
    first = int(np.clip(crest.min() - 1, 0, height - 1))
    down = np.arange(first, height, dtype=np.float32)[:, None] + np.float32(0.5)
    mask = np.clip(down - crest[None, :] + np.float32(0.5), 0, 1)
    # Measured from the smoothed crest: with the crest itself, each notch would leave a streak in the mist.
    depth = down - _smooth(crest, width // 9)[None, :]
    fade = smoothstep(-height * 0.02, height * 0.2, depth + mist[first:] * np.float32(height * 0.09))
    veil = fade * np.float32(0.62 * (1 - near) ** 0.8)
    shade = planes(colour) + veil * (planes(haze) - planes(colour))
    paint(canvas[:, first:], mask, shade)


def _smooth(profile: Floats, reach: int) -> Floats:
    window = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(profile, reach, mode="reflect")
    return np.convolve(padded, window / window.sum(), mode="valid").astype(np.float32)


def _mirror(brief: Brief, above: Floats, depth: int) -> Floats:
    """Return the upper part upside down and darker, displaced by ripples that widen towards the viewer."""
    _, height, width = above.shape
    rows = np.clip(height - 1 - np.arange(depth) * (height * 0.94 / depth), 0, height - 1)
    nearness = np.linspace(0, 1, depth, dtype=np.float32)
    sway = noise.line(brief.rng, depth, 34, octaves=3, gain=0.7) * nearness**1.3
    wobble = noise.fractal(brief.rng, width, depth, 5 * width / depth, 90, octaves=2)
    shift = (sway[:, None] * 9 + wobble * (2 + 14 * nearness[:, None])) * np.float32(brief.unit / 12)
    lines = np.clip(rows[:, None] + shift * np.float32(1.6), 0, height - 1).astype(np.intp)
    columns = np.clip(np.arange(width)[None, :] + shift, 0, width - 1).astype(np.intp)
    water = above[:, lines, columns]
    tone = mix(brief.weather.near, brief.weather.sky[1], 0.25)
    paint(water, (0.2 + 0.3 * nearness)[:, None] + wobble * np.float32(0.05), tone)
    return water


def _shoreline(brief: Brief, canvas: Floats, shore: int) -> None:
    """Paint a thin band of light where the water meets the land."""
    _, down = axes(1, brief.height)
    band = np.exp(-(((down - shore) / np.float32(0.35 * brief.unit)) ** 2))
    paint(canvas, band * np.float32(0.5), ramp(brief.weather.sky, np.array([[0.9]], dtype=np.float32)))
