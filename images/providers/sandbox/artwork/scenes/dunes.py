"""Desert dunes: long crests one behind the other, each with a lit flank and a shaded one."""

from dataclasses import dataclass

import numpy as np

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import paint, resize, smoothstep
from images.providers.sandbox.artwork.colour import Colour, Floats, mix, ramp
from images.providers.sandbox.artwork.scenes import sky

RANKS = 6
SWELL_SHRINK = 6


@dataclass(frozen=True)
class Peak:
    """The position and size of a dune in pixels, and the curve of its edge towards the viewer."""

    x: float
    tall: float
    wide: float
    drift: float
    bend: float


def dunes(brief: Brief) -> Floats:
    """Return sky and sun, then ranks of dunes from far to near."""
    horizon = brief.height * 0.46
    canvas = sky.gradient(brief, horizon * 1.1)
    if brief.weather.dark:
        sky.stars(brief, canvas, horizon * 0.8)
    sun = sky.orb(brief, 0.16, 0.27, radius=4.2)
    sky.shine(brief, canvas, sun)
    sky.clouds(brief, canvas, horizon, cover=0.3)
    swell = _swell(brief)
    for index in range(RANKS):
        _rank(brief, canvas, index / (RANKS - 1), 1.0 if sun.x < brief.width / 2 else -1.0, swell)
    return canvas


def _swell(brief: Brief) -> Floats:
    """Return low-frequency noise for the surface of the sand."""
    width, height = brief.width // SWELL_SHRINK, brief.height // SWELL_SHRINK
    small = noise.fractal(brief.rng, width, height, 2.5 * brief.width / brief.height, 5, octaves=2)
    return resize(small, brief.width, brief.height)


def _rank(brief: Brief, canvas: Floats, near: float, leeward: float, swell: Floats) -> None:
    """Paint one rank of dunes, from its crest down to the bottom of the canvas."""
    peaks = _peaks(brief, near)
    crest = _crest(brief, peaks, near)
    first = max(0, int(crest.min()) - 1)
    across = np.arange(brief.width, dtype=np.float32)[None, :]
    depth = np.arange(first, brief.height, dtype=np.float32)[:, None] + np.float32(0.5) - crest[None, :]
    shade = _shade(brief, peaks, across, depth, leeward)
    fall = smoothstep(0, brief.height * (0.14 + 0.3 * near), depth)
    light = np.float32(0.8) - 0.3 * fall - shade * np.float32(0.62) + swell[first:] * np.float32(0.07)
    light += _ripples(brief, depth, across, swell[first:]) * np.float32(0.022 * near)
    mask = np.clip(depth + np.float32(0.5), 0, 1)
    paint(canvas[:, first:], mask, ramp(_tones(brief, near), light))


def _peaks(brief: Brief, near: float) -> list[Peak]:
    rng, unit = brief.rng, brief.unit
    count = max(1, round(brief.width / brief.height * (1.7 - 0.7 * near)))
    size = 0.4 + 0.75 * near
    spacing = brief.width / count if count > 1 else brief.width * 0.8
    return [
        Peak(
            x=(index + rng.uniform(0.1, 0.9)) * spacing,
            tall=rng.uniform(8, 17) * size * unit,
            wide=rng.uniform(0.5, 0.8) * spacing,
            drift=rng.uniform(-0.9, 0.5),
            bend=rng.uniform(0.5, 1.4) * rng.choice((-1, 1)),
        )
        for index in range(count)
    ]


def _crest(brief: Brief, peaks: list[Peak], near: float) -> Floats:
    """Return the rows of the skyline: smooth ground with a sharp-topped hill for each peak."""
    base = brief.height * (0.455 + 0.5 * near**1.25)
    across = np.arange(brief.width, dtype=np.float32)
    ground = noise.line(brief.rng, brief.width, 1.6, octaves=1) * np.float32(1.6 * brief.unit * (0.6 + near))
    lift = np.zeros(brief.width, dtype=np.float32)
    for peak in peaks:
        away = np.abs(across - np.float32(peak.x)) / np.float32(peak.wide)
        lift = np.maximum(lift, peak.tall * np.exp(-(away**1.75) * 2.2))
    reach = brief.width // 24
    window = np.hanning(2 * reach + 1)
    soft = np.convolve(np.pad(lift, reach, mode="edge"), window / window.sum(), mode="valid")
    return np.asarray(base + ground - soft * 0.9 - lift * 0.1, dtype=np.float32)


def _shade(brief: Brief, peaks: list[Peak], across: Floats, depth: Floats, leeward: float) -> Floats:
    """Return the shade of the flanks away from the sun, along an edge that is sharp at each peak and then softens."""
    total = np.zeros_like(depth)
    down = np.maximum(depth, 0)
    for peak in peaks:
        run = down * np.float32(1 / (peak.tall * 2.2 + 4 * brief.unit))
        edge = np.float32(peak.x) + np.float32(leeward * peak.wide) * (
            np.float32(0.22 * peak.bend) * np.sin(run * np.float32(2.4)) + np.float32(0.16 * peak.drift) * run
        )
        past = (across - edge) * np.float32(leeward)
        crisp = np.clip(past / (1 + down * np.float32(0.09)) + np.float32(0.5), 0, 1)
        reach = past * np.float32(1 / (peak.wide * 0.95))
        flank = crisp * np.exp(-(np.maximum(reach, 0) ** 2)) * np.exp(-run * np.float32(0.62))
        np.maximum(total, flank, out=total)
    return total


def _ripples(brief: Brief, depth: Floats, across: Floats, swell: Floats) -> Floats:
    """Return fine wind ripples, closer together near the crest."""
    scale = np.float32(1 / brief.unit)
    phase = np.sqrt(np.maximum(depth, 0) * scale + 4) * np.float32(19) + across * scale * np.float32(0.35)
    return np.asarray(np.sin(phase + swell * np.float32(14)))


def _tones(brief: Brief, near: float) -> tuple[Colour, ...]:
    """Return the tones from shadow to light; far ranks approach the colour of the air."""
    weather = brief.weather
    air = mix(weather.sky[2], weather.far, 0.45)
    veil = 0.62 * (1 - near) ** 1.1
    shadow = mix(weather.near, weather.far, 0.2)
    light = mix(weather.far, weather.sun, 0.34)
    stops = (shadow, mix(shadow, weather.far, 0.5), weather.far, light, mix(light, weather.sun, 0.25))
    return tuple(mix(stop, air, veil) for stop in stops)
