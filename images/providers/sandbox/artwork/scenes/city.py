"""An isometric city: blocks of towers along lit streets, drawn from the back to the front."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import from_image
from images.providers.sandbox.artwork.colour import Colour, Floats, from_hex, mix, to_tuple

SUPERSAMPLE = 2
TILE_UNITS = 12.0
STOREY_UNITS = 1.25
BANDS = 4
GLOW_SHRINK = 8
STREET_EVERY = 4
AMBER = from_hex("#f6b65f")

Point = tuple[float, float]


@dataclass(frozen=True)
class Block:
    """A box on the grid: corners in cells, bottom and top in pixels, and the colours of its three visible sides."""

    west: float
    north: float
    east: float
    south: float
    foot: float
    head: float
    top: Colour
    left: Colour
    right: Colour


class Plan:
    """The two sheets to draw on, one for day colours and one for lights, and the isometric grid."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self.tile = TILE_UNITS * brief.unit * SUPERSAMPLE
        self.storey = STOREY_UNITS * brief.unit * SUPERSAMPLE
        size = (brief.width * SUPERSAMPLE, brief.height * SUPERSAMPLE)
        self.street = mix(brief.weather.near, brief.weather.far, 0.22)
        self.sheet = Image.new("RGB", size, to_tuple(self.street))
        self.lights = Image.new("RGB", size)
        self.draw, self.shine = ImageDraw.Draw(self.sheet), ImageDraw.Draw(self.lights)

    def at(self, x: float, y: float, up: float = 0.0) -> Point:
        """Return the position on the sheet of a point on the grid, at a height in pixels."""
        return (self.sheet.width / 2 + (x - y) * self.tile / 2, (x + y) * self.tile / 4 - up)

    def cells(self) -> Iterator[tuple[int, int]]:
        """Yield the cells that can appear on the sheet, from back to front."""
        across = int(self.sheet.width / self.tile) + 3
        deep = int((self.sheet.height + 30 * self.storey) / (self.tile / 4)) + 4
        for line in range(-6, deep):
            for step in range(-across, across + 1):
                if (line + step) % 2 == 0:
                    yield (line + step) // 2, (line - step) // 2

    def polygon(self, points: list[Point], colour: Colour) -> None:
        """Fill a polygon on the day sheet, and erase the lights behind it."""
        self.draw.polygon(points, fill=to_tuple(colour))
        self.shine.polygon(points, fill=(0, 0, 0))


def city(brief: Brief) -> Floats:
    """Draw every cell, then add the glow of the lights."""
    plan = Plan(brief)
    skyline = noise.fractal(brief.rng, 64, 64, 9, 9, octaves=2)
    for x, y in plan.cells():
        if x % STREET_EVERY == 0 or y % (STREET_EVERY + 1) == 0:
            _street(plan, x, y)
        else:
            _building(plan, x, y, float(skyline[y % 64, x % 64]))
    return _add_lights(plan)


def _street(plan: Plan, x: int, y: int) -> None:
    """Draw lamps along the kerb, and the lights of an occasional car."""
    rng, unit = plan.brief.rng, plan.brief.unit * SUPERSAMPLE
    lamp = mix(plan.brief.weather.sun, AMBER, 0.6)
    for part in (0.25, 0.75):
        place = plan.at(x + 0.5, y + part) if x % STREET_EVERY == 0 else plan.at(x + part, y + 0.5)
        if rng.random() < 0.7:
            _dot(plan.shine, place, 0.16 * unit, lamp)
    if rng.random() < 0.3:
        _dot(plan.shine, plan.at(x + 0.35, y + 0.35), 0.13 * unit, mix(plan.brief.inks[4], lamp, 0.2))


def _dot(draw: ImageDraw.ImageDraw, place: Point, radius: float, colour: Colour) -> None:
    x, y = place
    draw.ellipse((x - radius, y - radius / 1.4, x + radius, y + radius / 1.4), fill=to_tuple(colour))


def _building(plan: Plan, x: int, y: int, swell: float) -> None:
    """Draw one tower, sometimes with a narrower one on its roof."""
    rng = plan.brief.rng
    storeys = int(np.clip(3 + 9 * (swell + 0.2) + rng.gamma(1.4, 2.2), 2, 24))
    inset = rng.uniform(0.06, 0.14)
    sides = _sides(plan)
    head = storeys * plan.storey
    _block(plan, Block(x + inset, y + inset, x + 1 - inset, y + 1 - inset, 0, head, *sides))
    if storeys > 8 and rng.random() < 0.4:
        inset += rng.uniform(0.12, 0.2)
        crown = head + rng.integers(2, 6) * plan.storey
        _block(plan, Block(x + inset, y + inset, x + 1 - inset, y + 1 - inset, head, crown, *sides))
    elif rng.random() < 0.7:
        _roof_hut(plan, x, y, head, sides)


def _sides(plan: Plan) -> tuple[Colour, Colour, Colour]:
    """Return the colours of top, left and right: one tint per building, lit from the upper left."""
    weather, rng = plan.brief.weather, plan.brief.rng
    ink = plan.brief.inks[int(rng.integers(len(plan.brief.inks)))]
    body = mix(mix(weather.far, weather.near, rng.uniform(0.0, 0.3)), ink, rng.uniform(0.04, 0.2))
    top = mix(mix(body, weather.sky[1], 0.25), weather.sun, 0.12)
    return top, mix(body, weather.near, 0.38), mix(body, weather.near, 0.66)


def _roof_hut(plan: Plan, x: int, y: int, head: float, sides: tuple[Colour, Colour, Colour]) -> None:
    rng = plan.brief.rng
    west, north, wide = x + rng.uniform(0.2, 0.45), y + rng.uniform(0.2, 0.45), rng.uniform(0.18, 0.3)
    _box(plan, Block(west, north, west + wide, north + wide, head, head + plan.storey * 0.7, *sides))


def _block(plan: Plan, block: Block) -> None:
    _box(plan, block)
    _windows(plan, block)


def _box(plan: Plan, block: Block) -> None:
    """Draw two walls, tinted by the street lights towards the ground, and a roof with a bright rim."""
    glow = mix(plan.street, AMBER, 0.22)
    for band in range(BANDS):
        low = block.foot + (block.head - block.foot) * band / BANDS
        high = block.foot + (block.head - block.foot) * (band + 1) / BANDS
        depth = 0.34 * (1 - band / (BANDS - 1)) if block.foot == 0 else 0.0
        for wall, colour in (("left", block.left), ("right", block.right)):
            plan.polygon(_wall(plan, block, wall, 0, 1, low, high), mix(colour, glow, depth))
    corners = (
        (block.west, block.north), (block.east, block.north), (block.east, block.south), (block.west, block.south)
    )  # fmt: skip
    roof = [plan.at(x, y, block.head) for x, y in corners]
    plan.polygon(roof, block.top)
    rim = max(1, round(plan.brief.unit * SUPERSAMPLE * 0.06))
    plan.draw.line([roof[3], roof[2], roof[1]], fill=to_tuple(mix(block.top, plan.brief.weather.sun, 0.3)), width=rim)


def _wall(plan: Plan, block: Block, wall: str, start: float, end: float, low: float, high: float) -> list[Point]:
    """Return a parallelogram on a wall, between two shares of its length and two heights."""
    if wall == "left":
        span = block.east - block.west
        ends = [(block.west + span * part, block.south) for part in (start, end)]
    else:
        span = block.south - block.north
        ends = [(block.east, block.south - span * part) for part in (start, end)]
    (x0, y0), (x1, y1) = ends
    return [plan.at(x0, y0, low), plan.at(x1, y1, low), plan.at(x1, y1, high), plan.at(x0, y0, high)]


def _windows(plan: Plan, block: Block) -> None:
    """Draw rows of windows; the share of lit windows varies by floor, so the lights come in groups."""
    rng, weather = plan.brief.rng, plan.brief.weather
    rows = int((block.head - block.foot) / plan.storey)
    share = rng.uniform(0.12, 0.5)
    warm = mix(weather.sun, AMBER, rng.uniform(0.3, 0.9))
    for wall, body in (("left", block.left), ("right", block.right)):
        dark = mix(body, weather.near, 0.45)
        lit = rng.random((rows, 4)) < share * rng.uniform(0.3, 1.7, (rows, 1))
        for row, column in np.ndindex(rows, 4):
            low = block.foot + (row + 0.28) * plan.storey
            pane = _wall(plan, block, wall, 0.12 + column * 0.2, 0.24 + column * 0.2, low, low + plan.storey * 0.5)
            if lit[row, column]:
                plan.shine.polygon(pane, fill=to_tuple(warm * np.float32(rng.uniform(0.6, 1))))
            elif (row + column) % 2 == 0:
                plan.draw.polygon(pane, fill=to_tuple(dark))


def _add_lights(plan: Plan) -> Floats:
    """Return the day sheet with the lights and their glow, fading into haze in the distance."""
    sheet, lights = plan.sheet.reduce(SUPERSAMPLE), plan.lights.reduce(SUPERSAMPLE)
    spread = lights.reduce(GLOW_SHRINK).filter(ImageFilter.GaussianBlur(plan.brief.unit * 1.1 / GLOW_SHRINK))
    glow = spread.resize(lights.size, Image.Resampling.BICUBIC)
    canvas = from_image(ImageChops.screen(ImageChops.screen(sheet, glow), lights))
    level = np.linspace(1, 0, plan.brief.height, dtype=np.float32)[:, None] ** 2
    air = mix(plan.brief.weather.sky[1], plan.brief.weather.far, 0.4)
    canvas += level * np.float32(0.34) * (air.reshape(3, 1, 1) - canvas)
    return canvas
