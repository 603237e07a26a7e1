"""A ray tracer for solid shapes given as signed distances, with soft shadows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from images.providers.sandbox.artwork.colour import Colour, Floats, ramp
from images.providers.sandbox.artwork.solids import Solid, Triple
from images.providers.sandbox.artwork.vectors import column, dot, highest, length, lowest, unit

MARCH_STEPS = 48
SHADOW_STEPS = 24
SHADOW_SHARPNESS = np.float32(6.5)
SHADOW_FULL = np.float32(2.2)
SHADOW_REACH = 0.34
NEAR_REACH = 0.45
TINY = np.float32(1e-6)

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Camera:
    """The position, direction and zoom of the viewer."""

    eye: Triple
    target: Triple
    zoom: float

    def basis(self) -> tuple[Floats, Floats, Floats]:
        forward = unit(np.subtract(self.target, self.eye))
        right = unit(np.cross(forward, (0.0, 1.0, 0.0)))
        return right, np.cross(right, forward).astype(np.float32), forward


@dataclass(frozen=True)
class Room:
    """Solids from back to front, the direction of the light, and the colours of the floor and the wall."""

    solids: Sequence[Solid]
    camera: Camera
    light: Triple
    floor: Colour
    wall: tuple[Colour, Colour]
    horizon: float = 0.5


class Tracer:
    """The state of one picture: its rays, the depth reached so far and the colours, all in rows of pixels."""

    def __init__(self, room: Room, width: int, height: int) -> None:
        self.room, self.width, self.height = room, width, height
        self.light = unit(np.array(room.light))
        self.eye = column(room.camera.eye)
        self.right, self.up, self.forward = room.camera.basis()
        self.pixel = np.float32(2 / (room.camera.zoom * min(width, height)))
        self.rays = self._rays()
        self.depth = np.full((height, width), np.inf, dtype=np.float32)
        self.canvas = self._backdrop()

    def picture(self) -> Floats:
        self._floor()
        for solid in self.room.solids:
            self._solid(solid)
        return self.canvas

    def _rays(self) -> Floats:
        x = (np.arange(self.width, dtype=np.float32) - np.float32(self.width / 2 - 0.5)) * self.pixel
        y = (np.float32(self.height / 2 - 0.5) - np.arange(self.height, dtype=np.float32)) * self.pixel
        parts = [self.right[k] * x[None, :] + self.up[k] * y[:, None] + self.forward[k] for k in range(3)]
        rays = np.stack(parts)
        return np.asarray(rays / length(rays), dtype=np.float32)

    def _backdrop(self) -> Floats:
        """Return the wall above, the floor below and a soft curve between them, as in a photo studio."""
        level = np.linspace(0, 1, self.height, dtype=np.float32)[:, None]
        bend = self.room.horizon
        column = ramp((*self.room.wall, self.room.floor, self.room.floor), level, (0, bend, min(0.96, bend + 0.3), 1))
        return np.broadcast_to(column, (3, self.height, self.width)).copy()

    def _floor(self) -> None:
        """Darken the floor by shadows; its colour is part of the backdrop."""
        down = self.rays[1].ravel()
        hits = np.flatnonzero(down < np.float32(-0.03))
        along = -self.eye[1] / down[hits]
        points = self.eye + self.rays.reshape(3, -1)[:, hits] * along
        up = np.zeros_like(points)
        up[1] = 1
        lit = self._shadow(points, None)
        near = self._occlusion(points, up, None)
        dark = (np.float32(1) - np.float32(0.5) * (1 - lit)) * (np.float32(1) - np.float32(0.42) * near)
        fade = np.clip(np.float32(2.2) - along * np.float32(0.11), 0, 1)
        dark = 1 - (1 - dark) * fade
        flat = self.canvas.reshape(3, -1)
        # Shadows stay slightly warm: blue decreases a little more than red.
        for channel, power in enumerate((1.0, 1.08, 1.1)):
            flat[channel, hits] *= dark**power

    def _solid(self, solid: Solid) -> None:
        rows, columns = self._screen_bounds(solid)
        rays = self.rays[:, rows, columns]
        if rays.size == 0:
            return
        shape = rays.shape[1:]
        hits, along, cover = self._march(solid, rays.reshape(3, -1))
        row, column = hits // shape[1] + rows.start, hits % shape[1] + columns.start
        front = (along < self.depth[row, column] + np.float32(1e-3)) & (cover > 0)
        row, column, along, cover, hits = (part[front] for part in (row, column, along, cover, hits))
        points = self.eye + rays.reshape(3, -1)[:, hits] * along
        colour = self._shade(solid, points, rays.reshape(3, -1)[:, hits])
        under = self.canvas[:, row, column]
        self.canvas[:, row, column] = under + cover * (colour - under)
        solidly = cover > np.float32(0.5)
        self.depth[row[solidly], column[solidly]] = along[solidly]

    def _screen_bounds(self, solid: Solid) -> tuple[slice, slice]:
        """Return the rows and columns of the picture that the bounding box can cover."""
        corners = solid.corners(0.05) - self.eye
        ahead = np.maximum(self.forward @ corners, np.float32(0.2))
        x = (self.right @ corners) / ahead / self.pixel + self.width / 2
        y = self.height / 2 - (self.up @ corners) / ahead / self.pixel
        return _span(y, self.height), _span(x, self.width)

    def _march(self, solid: Solid, rays: Floats) -> tuple[Indices, Floats, Floats]:
        """Return the rays that hit or graze the solid, the distance along each, and its share of the pixel."""
        origin, heading = solid.to_local(self.eye), solid.rotate(rays, solid.turn)
        hits, start, end = _crossing(origin, heading, solid.half, 0.02)
        heading, along = heading[:, hits], start
        closest, best = np.full_like(along, np.inf), along.copy()
        active = np.arange(hits.size)
        for _ in range(MARCH_STEPS):
            if active.size == 0:
                break
            gap = solid.distance(origin + heading[:, active] * along[active])
            share = gap / along[active]
            nearer = share < closest[active]
            closest[active[nearer]] = share[nearer]
            best[active[nearer]] = along[active[nearer]]
            along[active] += np.maximum(gap, np.float32(1e-4))
            active = active[(gap > np.float32(4e-4)) & (along[active] < end[active])]
        cover = np.clip(np.float32(1.15) - closest / self.pixel, 0, 1)
        return hits, best, cover

    def _shade(self, solid: Solid, points: Floats, rays: Floats) -> Floats:
        """Return the sum of key light, sky light, light reflected by the floor, and a highlight."""
        normal = _normal(solid, points)
        raised = points + normal * np.float32(0.02)
        lit = self._shadow(raised, solid)
        key = np.clip(self.light @ normal, 0, 1) * lit
        sky = np.float32(0.36) + np.float32(0.14) * normal[1]
        ground = np.clip(-normal[1] * np.float32(0.5) + np.float32(0.5), 0, 1) * np.exp(-points[1] * np.float32(0.9))
        near = self._occlusion(points, normal, solid)
        calm = 1 - np.float32(0.6) * near
        base = (solid.colour * solid.colour)[:, None]
        floor = (self.room.floor * self.room.floor)[:, None]
        light = key * np.float32(0.72) + sky * calm
        colour = base * light + base * floor * (ground * calm * np.float32(0.22))
        half = self.light[:, None] - rays
        half /= length(half)
        shine = np.clip(dot(half, normal), 0, 1)
        rim = (1 - np.clip(-dot(rays, normal), 0, 1)) ** 3
        colour += np.float32(solid.gloss) * (shine**38 * lit * np.float32(0.55) + rim * calm * np.float32(0.12))
        return np.asarray(np.sqrt(np.clip(colour, 0, 1)))

    def _shadow(self, points: Floats, own: Solid | None) -> Floats:
        """Return the share of the light that reaches each point; distant obstacles cast softer shadows."""
        lit = np.ones(points.shape[1], dtype=np.float32)
        for solid in self.room.solids:
            if solid is own and not solid.hollow:
                continue
            shaded = self._shaded_by(solid, points)
            if shaded.size:
                lit[shaded] *= self._light_past(solid, points[:, shaded], 0.06 if solid is own else 0.01)
        return lit

    def _shaded_by(self, solid: Solid, points: Floats) -> Indices:
        """Return the points that the solid may shade: those inside the bounding box of its shadow."""
        corners = solid.corners(SHADOW_REACH)
        fallen = corners - self.light[:, None] * (np.maximum(corners[1], 0) / self.light[1])
        swept = np.concatenate((corners, fallen), axis=1)
        low, high = swept.min(axis=1), swept.max(axis=1)
        low[1] = -np.inf
        return np.flatnonzero(_within(points, low, high))

    def _light_past(self, solid: Solid, points: Floats, start: float) -> Floats:
        origin = solid.to_local(points)
        heading = solid.rotate(self.light[:, None], solid.turn)
        hits, along, end = _crossing(origin, heading, solid.half, SHADOW_REACH)
        origin, along = origin[:, hits], np.maximum(along, np.float32(start))
        through = np.ones(hits.size, dtype=np.float32)
        active = np.arange(hits.size)
        for _ in range(SHADOW_STEPS):
            if active.size == 0:
                break
            gap = solid.distance(origin[:, active] + heading * along[active])
            through[active] = np.minimum(
                through[active], SHADOW_SHARPNESS * gap / np.minimum(along[active], SHADOW_FULL)
            )
            along[active] += np.clip(gap, np.float32(0.02), np.float32(0.16))
            active = active[(through[active] > np.float32(0.01)) & (along[active] < end[active])]
        lit = np.ones(points.shape[1], dtype=np.float32)
        clear = np.clip(through, 0, 1)
        lit[hits] = clear * clear * (3 - 2 * clear)
        return lit

    def _occlusion(self, points: Floats, normal: Floats, own: Solid | None) -> Floats:
        """Return the ambient occlusion of each point by other solids and the floor, from 0 to 1."""
        closed = np.zeros(points.shape[1], dtype=np.float32)
        if own is not None:
            closed += np.exp(-np.maximum(points[1], 0) * np.float32(7)) * (1 - np.abs(normal[1])) * np.float32(0.6)
        lifted = points + normal * np.float32(0.06)
        for solid in self.room.solids:
            if solid is own:
                continue
            corners = solid.corners(NEAR_REACH)
            close = np.flatnonzero(_within(points, corners.min(axis=1), corners.max(axis=1)))
            if close.size:
                gap = np.maximum(solid.distance(solid.to_local(lifted[:, close])), 0)
                closed[close] += np.clip(1 - gap * np.float32(1 / NEAR_REACH), 0, 1) ** 2
        return np.minimum(closed, 1)


def _crossing(origin: Floats, heading: Floats, half: Triple, margin: float) -> tuple[Indices, Floats, Floats]:
    """Return the rays that cross a box about the origin, and the distances at which they enter and leave it."""
    reach = column(half) + np.float32(margin)
    inverse = 1 / np.where(np.abs(heading) < TINY, TINY, heading)
    middle, spread = -origin * inverse, np.abs(inverse) * reach
    enter, leave = highest(middle - spread), lowest(middle + spread)
    hits = np.flatnonzero(leave > np.maximum(enter, 0))
    return hits, np.maximum(enter[hits], np.float32(1e-3)), leave[hits]


def _within(points: Floats, low: Floats, high: Floats) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (points[0] > low[0]) & (points[0] < high[0])
    for axis in (1, 2):
        inside &= (points[axis] > low[axis]) & (points[axis] < high[axis])
    return inside


def _normal(solid: Solid, points: Floats) -> Floats:
    """Return the gradient of the distance, from four samples."""
    local = solid.to_local(points)
    total = np.zeros_like(local)
    for probe in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        step = np.array(probe, dtype=np.float32)[:, None]
        total += step * solid.distance(local + step * np.float32(2e-3))
    total /= length(total) + TINY
    return solid.rotate(total, -solid.turn)


def _span(values: NDArray[np.floating], limit: int) -> slice:
    low = int(np.clip(np.floor(values.min()) - 2, 0, limit))
    high = int(np.clip(np.ceil(values.max()) + 2, 0, limit))
    return slice(low, high)
