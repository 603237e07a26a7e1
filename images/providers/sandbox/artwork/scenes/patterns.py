"""Flat prints on paper: tiles of leaves, a poster of arches, tiles of quarter circles."""

from collections.abc import Sequence
from math import cos, sin

import numpy as np
from PIL import Image, ImageDraw

from images.providers.sandbox.artwork import noise
from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.canvas import from_image, resize
from images.providers.sandbox.artwork.colour import Colour, Floats, brightness, mix, to_tuple
from images.providers.sandbox.artwork.motifs import LEAVES, MOTIFS, Polygons

SUPERSAMPLE = 2
PAPER_SHRINK = 2
LEAST_CONTRAST = 0.2

Box = tuple[float, float, float, float]


def leaves(brief: Brief) -> Floats:
    """Return square tiles, each with a leaf in one ink on another."""
    sheet, draw = _sheet(brief)
    rng = brief.rng
    side, columns, rows = _grid(brief, int(rng.integers(3, 5)))
    # The first motif is always a leaf, as the scene serves prompts about leaves; the second may be a flower.
    motifs = [LEAVES[int(rng.integers(len(LEAVES)))](), MOTIFS[int(rng.integers(len(MOTIFS)))]()]
    before: list[Colour] = [brief.inks[0]] * (columns + 1)
    for row, column in np.ndindex(rows, columns):
        ground = _other(brief, (before[column], before[column - 1]))
        before[column] = ground
        box = (column * side, row * side, (column + 1) * side, (row + 1) * side)
        draw.rectangle(box, fill=to_tuple(ground))
        _stamp(draw, motifs[(row + column) % len(motifs)], box, rng.uniform(-0.3, 0.3), _contrast(brief, ground))
    return _print(brief, sheet)


def tiles(brief: Brief) -> Floats:
    """Return square tiles of quarter circles, half circles and rings, in the Bauhaus style."""
    sheet, draw = _sheet(brief)
    side, columns, rows = _grid(brief, int(brief.rng.integers(4, 6)))
    before: list[Colour] = [brief.inks[0]] * (columns + 1)
    for row, column in np.ndindex(rows, columns):
        ground = _other(brief, (before[column], before[column - 1]))
        before[column] = ground
        box = (column * side, row * side, (column + 1) * side, (row + 1) * side)
        draw.rectangle(box, fill=to_tuple(ground))
        _geometry(brief, draw, box, ground)
    return _print(brief, sheet)


def arches(brief: Brief) -> Floats:
    """Return bands of wide arches stacked in front of a round sun, with a strip of ground."""
    sheet, draw = _sheet(brief)
    paper, *inks = brief.inks
    draw.rectangle((0, 0, *sheet.size), fill=to_tuple(paper))
    width, height = sheet.size
    count = max(1, round(width / height / 1.6))
    for index in range(count):
        order = [inks[(part + index) % len(inks)] for part in range(len(inks))]
        _arch_stack(brief, draw, (index + 0.5) * width / count, min(width / count * 0.98, height * 1.3), sheet, order)
    draw.rectangle((0, height * 0.925, width, height), fill=to_tuple(inks[1]))
    return _print(brief, sheet)


def _sheet(brief: Brief) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGB", (brief.width * SUPERSAMPLE, brief.height * SUPERSAMPLE))
    return sheet, ImageDraw.Draw(sheet)


def _grid(brief: Brief, short: int) -> tuple[float, int, int]:
    """Return the side of a tile, so that whole tiles fill the shorter side, and the numbers of columns and rows."""
    side = min(brief.width, brief.height) * SUPERSAMPLE / short
    return side, -int(-brief.width * SUPERSAMPLE // side), -int(-brief.height * SUPERSAMPLE // side)


def _other(brief: Brief, taken: Sequence[Colour]) -> Colour:
    """Return an ink that differs from the neighbours' inks."""
    free = [ink for ink in brief.inks if not any(np.array_equal(ink, other) for other in taken)]
    return free[int(brief.rng.integers(len(free)))]


def _contrast(brief: Brief, ground: Colour) -> Colour:
    """Return an ink that contrasts with this ground; often paper, which keeps the print light."""
    apart = [ink for ink in brief.inks if abs(brightness(ink) - brightness(ground)) > LEAST_CONTRAST]
    if not apart:
        return mix(ground, brief.inks[0], 0.8)
    paper = apart[0]
    return paper if brief.rng.random() < 0.5 else apart[int(brief.rng.integers(len(apart)))]


def _stamp(draw: ImageDraw.ImageDraw, shapes: Polygons, box: Box, turn: float, colour: Colour) -> None:
    left, top, right, bottom = box
    scale, x, y = (right - left) * 0.385, (left + right) / 2, (top + bottom) / 2
    c, s = cos(turn), sin(turn)
    for across, along in shapes:
        places = np.stack((x + scale * (across * c - along * s), y + scale * (across * s + along * c)), axis=1)
        draw.polygon(places.ravel().tolist(), fill=to_tuple(colour))


def _geometry(brief: Brief, draw: ImageDraw.ImageDraw, box: Box, ground: Colour) -> None:
    """Draw one of five figures, in one or two inks that contrast with the ground."""
    rng = brief.rng
    ink, second = to_tuple(_contrast(brief, ground)), to_tuple(ground)
    left, top, right, bottom = box
    side, corner = right - left, int(rng.integers(4))
    x, y = (left, right)[corner % 2], (top, bottom)[corner // 2]
    figure = int(rng.integers(5))
    if figure == 0:
        _quarter(draw, box, x, y, side, ink)
    elif figure == 1:
        for part, fill in ((1.0, ink), (0.75, second), (0.5, ink), (0.25, second)):
            _quarter(draw, box, x, y, side * part, fill)
    elif figure == 2:
        _disc(draw, (left + right) / 2, (top + bottom) / 2, side * 0.36, ink)
        _disc(draw, (left + right) / 2, (top + bottom) / 2, side * 0.14, to_tuple(_other(brief, (ground,))))
    elif figure == 3:
        _quarter(draw, box, left, top, side, ink)
        _quarter(draw, box, right, bottom, side * 0.42, to_tuple(_other(brief, (ground,))))
    else:
        for part in range(0, 8, 2):
            draw.rectangle((left + side * part / 8, top, left + side * (part + 1) / 8, bottom), fill=ink)


def _quarter(
    draw: ImageDraw.ImageDraw, box: Box, x: float, y: float, radius: float, fill: tuple[int, int, int]
) -> None:
    """Draw the quarter inside the tile of a disc about one of its corners."""
    left, top, _, _ = box
    start = {(True, True): 0, (False, True): 90, (False, False): 180, (True, False): 270}[(x == left, y == top)]
    draw.pieslice((x - radius, y - radius, x + radius, y + radius), start, start + 90, fill=fill)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: tuple[int, int, int]) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def _arch_stack(
    brief: Brief, draw: ImageDraw.ImageDraw, middle: float, span: float, sheet: Image.Image, inks: Sequence[Colour]
) -> None:
    """Draw the sun and then arches from top to bottom, each in front of the previous one."""
    height = sheet.height
    bands = int(brief.rng.integers(5, 7))
    _disc(draw, middle, height * 0.32, min(span * 0.33, height * 0.235), to_tuple(inks[3]))
    for band in range(bands):
        part = band / (bands - 1)
        wide = span * (0.36 + 0.135 * part)
        top = height * (0.2 + 0.13 * band * 4.2 / (bands - 1))
        colours = (inks[(band + 1) % 3], brief.inks[0])
        for drop, colour in zip((0.0, height * 0.052), colours, strict=True):
            draw.ellipse((middle - wide, top + drop, middle + wide, top + drop + height * 1.25), fill=to_tuple(colour))
    hill = height * 0.78
    draw.ellipse((middle - span * 0.42, hill, middle + span * 0.42, hill + height * 0.6), fill=to_tuple(inks[0]))


def _print(brief: Brief, sheet: Image.Image) -> Floats:
    """Return the sheet at its final size, with faint paper fibres."""
    canvas = from_image(sheet.reduce(SUPERSAMPLE))
    small = (brief.width // PAPER_SHRINK, brief.height // PAPER_SHRINK)
    fibre = noise.fractal(brief.rng, *small, small[0] / 5, small[1] / 5, octaves=2, gain=0.8)
    canvas += resize(fibre, brief.width, brief.height) * np.float32(0.016)
    return canvas
