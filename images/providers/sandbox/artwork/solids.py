"""Solid shapes as signed distances, in a room with the floor at y = 0."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, sin

import numpy as np

from images.providers.sandbox.artwork.colour import Colour, Floats
from images.providers.sandbox.artwork.vectors import column, highest, length

Triple = tuple[float, float, float]
Distance = Callable[[Floats], Floats]

BULGE_SLACK = 0.72


@dataclass(frozen=True)
class Solid:
    """A shape with its bounding half extents, centre, rotation about the vertical axis (radians) and colour."""

    distance: Distance
    half: Triple
    place: Triple
    colour: Colour
    turn: float = 0.0
    gloss: float = 0.25
    hollow: bool = False

    def to_local(self, points: Floats) -> Floats:
        """Return points (3, N) of the room in the shape's own coordinates."""
        return self.rotate(points - column(self.place), self.turn)

    @staticmethod
    def rotate(points: Floats, turn: float) -> Floats:
        if not turn:
            return points
        c, s = np.float32(cos(turn)), np.float32(sin(turn))
        return np.stack((c * points[0] - s * points[2], points[1], s * points[0] + c * points[2]))

    def corners(self, margin: float) -> Floats:
        """Return the eight corners of the bounding box in the room, as (3, 8)."""
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32).T
        box = signs * (column(self.half) + np.float32(margin))
        return self.rotate(box, -self.turn) + column(self.place)


def sphere(place: Triple, radius: float, colour: Colour, gloss: float = 0.5) -> Solid:
    """Return a sphere."""
    return Solid(lambda p: length(p) - np.float32(radius), (radius,) * 3, place, colour, gloss=gloss)


def box(place: Triple, half: Triple, colour: Colour, turn: float = 0.0, edge: float = 0.03) -> Solid:
    """Return a block with rounded edges; `half` contains its half extents."""
    inner = column(half) - np.float32(edge)

    def distance(p: Floats) -> Floats:
        over = np.abs(p) - inner
        return length(np.maximum(over, 0)) + np.minimum(highest(over), 0) - np.float32(edge)

    return Solid(distance, half, place, colour, turn, gloss=0.12)


def drum(place: Triple, radius: float, half_height: float, colour: Colour, edge: float = 0.04) -> Solid:
    """Return an upright cylinder with rounded rims."""

    def distance(p: Floats) -> Floats:
        out = np.hypot(p[0], p[2]) - np.float32(radius - edge)
        up = np.abs(p[1]) - np.float32(half_height - edge)
        return _round_corner(out, up, edge)

    return Solid(distance, (radius, half_height, radius), place, colour, gloss=0.15)


def torus(place: Triple, radius: float, tube: float, colour: Colour, tilt: float, turn: float) -> Solid:
    """Return an upright ring, tilted towards the viewer and then rotated."""
    c, s = np.float32(cos(tilt)), np.float32(sin(tilt))

    def distance(p: Floats) -> Floats:
        y, z = c * p[1] - s * p[2], s * p[1] + c * p[2]
        return np.asarray(np.hypot(np.hypot(p[0], y) - np.float32(radius), z) - np.float32(tube))

    reach = radius + tube
    deep = abs(sin(tilt)) * radius + tube
    return Solid(distance, (reach, reach, deep), place, colour, turn, gloss=0.6, hollow=True)


def arch(place: Triple, size: Triple, colour: Colour, turn: float = 0.0) -> Solid:
    """Return a round arch on two legs; size is the outer radius, the thickness of the band and the depth."""
    radius, band, deep = size
    middle, edge = radius - band / 2, 0.02
    leg = place[1]

    def distance(p: Floats) -> Floats:
        above = np.maximum(p[1], 0)
        ring = np.abs(np.hypot(p[0], above) - np.float32(middle)) - np.float32(band / 2 - edge)
        flat = np.abs(p[2]) - np.float32(deep / 2 - edge)
        below = -p[1] - np.float32(leg)
        side = np.maximum(ring, below)
        return _round_corner(side, flat, edge)

    reach = max(radius, leg)
    return Solid(distance, (radius, reach, deep / 2), place, colour, turn, gloss=0.1, hollow=True)


def lathe(foot: Triple, profile: Sequence[tuple[float, float]], colour: Colour, softness: int = 15) -> Solid:
    """Return a solid of revolution from (height, radius) pairs, smoothed over an odd number of steps."""
    heights, radii = np.array(profile, dtype=np.float32).T
    tall = float(heights[-1])
    steps = 256
    table = np.interp(np.linspace(0, tall, steps), heights, radii)
    kernel = np.hanning(softness) / np.hanning(softness).sum()
    table = np.convolve(np.pad(table, softness // 2, mode="edge"), kernel, mode="valid").astype(np.float32)
    widest, edge = float(table.max()), 0.03

    def distance(p: Floats) -> Floats:
        level = np.clip((p[1] + np.float32(tall / 2)) * np.float32((steps - 1) / tall), 0, steps - 1.001)
        below = level.astype(np.intp)
        part = level - below
        radius = table[below] * (1 - part) + table[below + 1] * part
        out = (np.hypot(p[0], p[2]) - radius + np.float32(edge)) * np.float32(BULGE_SLACK)
        up = np.abs(p[1]) - np.float32(tall / 2 - edge)
        return _round_corner(out, up, edge)

    x, y, z = foot
    return Solid(distance, (widest, tall / 2, widest), (x, y + tall / 2, z), colour, gloss=0.4)


def _round_corner(first: Floats, second: Floats, edge: float) -> Floats:
    """Return the distance to the intersection of two shapes, with the corner between them rounded."""
    outside = np.hypot(np.maximum(first, 0), np.maximum(second, 0))
    return np.asarray(outside + np.minimum(np.maximum(first, second), 0) - np.float32(edge))
