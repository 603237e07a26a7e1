"""Objects on a studio floor: podiums and spheres, vessels, a pastel stairway, rings."""

from functools import partial
from math import cos, sin, sqrt

import numpy as np
from PIL import Image

from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.colour import Colour, Floats, from_hex, mix
from images.providers.sandbox.artwork.raytracer import Camera, Room, Tracer
from images.providers.sandbox.artwork.solids import Solid, Triple, arch, box, drum, lathe, sphere, torus

TRACED_PIXELS = 370_000
WHITE, PEACH = from_hex("#ffffff"), from_hex("#f2b79c")

PROFILES = {
    "bottle": ((0, 0.5), (0.06, 0.56), (1.35, 0.56), (1.55, 0.46), (1.66, 0.22), (1.95, 0.2), (2.0, 0.2)),
    "vase": ((0, 0.3), (0.25, 0.44), (0.75, 0.66), (1.15, 0.55), (1.5, 0.24), (1.7, 0.22), (1.9, 0.34), (1.96, 0.36)),
    "cup": ((0, 0.34), (0.1, 0.4), (0.5, 0.52), (0.95, 0.56), (1.0, 0.56)),
    "lamp": ((0, 0.5), (0.08, 0.5), (0.14, 0.1), (1.2, 0.08), (1.24, 0.78), (1.3, 0.78), (1.95, 0.42), (2.0, 0.4)),
}


def _trace(brief: Brief, room: Room) -> Floats:
    """Trace a fixed number of pixels, so that the time does not depend on the size, and enlarge."""
    scale = min(1.0, sqrt(TRACED_PIXELS / (brief.width * brief.height)))
    small = Tracer(room, round(brief.width * scale), round(brief.height * scale)).picture()
    size = (brief.width, brief.height)
    return np.stack([np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.LANCZOS)) for plane in small])


def _studio(brief: Brief, solids: list[Solid], camera: Camera) -> Room:
    paper, first, *_ = brief.inks
    tint = brief.inks[int(brief.rng.integers(1, len(brief.inks)))]
    floor = mix(mix(paper, tint, 0.22), WHITE, 0.1)
    wall = (mix(mix(paper, tint, 0.3), first, 0.06), mix(mix(paper, tint, 0.16), WHITE, 0.15))
    return Room(solids, camera, _light(brief), floor, wall, horizon=0.42)


def _light(brief: Brief) -> Triple:
    side = float(brief.rng.choice((-1.0, 1.0)))
    return (side * brief.rng.uniform(0.45, 0.7), 1.0, brief.rng.uniform(0.6, 0.85))


def _camera(brief: Brief, target: Triple, zoom: float = 4.3) -> Camera:
    swing = brief.rng.uniform(-0.9, 0.9)
    distance = 9.0
    x, y, z = target
    return Camera((x + swing, y + distance * 0.27, z + distance), target, zoom)


def podium(brief: Brief) -> Floats:
    """Return a sphere on a drum in front of an arch, with a block and a smaller sphere beside them."""
    paper, first, second, third, fourth = brief.inks
    rng = brief.rng
    side = float(rng.choice((-1.0, 1.0)))
    stone = mix(paper, third, 0.25)
    tall = rng.uniform(0.34, 0.5)
    ball = rng.uniform(0.48, 0.6)
    solids = [
        arch((0.45 * side, rng.uniform(1.25, 1.55), -1.0), (1.15, 0.34, 0.42), mix(paper, stone, 0.5), 0.35 * side),
        box((-1.5 * side, 0.3, -0.1), (0.46, 0.3, 0.34), first, rng.uniform(0.2, 0.8) * side, edge=0.05),
        drum((0, tall, 0.05), 0.85, tall, stone),
        sphere((-0.1 * side, 2 * tall + ball, 0.1), ball, fourth),
        sphere((1.35 * side, 0.3, 0.75), 0.3, mix(third, second, 0.15)),
    ]
    return _trace(brief, _studio(brief, solids, _camera(brief, (0, 1.18, 0))))


def vessel(brief: Brief, shape: str) -> Floats:
    """Return one vessel on a low slab, with a block behind it and a pale sphere beside it."""
    paper, first, second, third, fourth = brief.inks
    side = float(brief.rng.choice((-1.0, 1.0)))
    pale = mix(paper, WHITE, 0.35)
    main = (fourth, first, third)[int(brief.rng.integers(3))]
    solids = [
        box((-0.75 * side, 0.62, -0.75), (0.5, 0.62, 0.16), mix(paper, second, 0.35), 0.25 * side),
        box((0, 0.17, 0), (1.45, 0.17, 0.8), pale, 0.14 * side, edge=0.05),
        *_body(shape, main, mix(first, from_hex("#17120f"), 0.75)),
        sphere((0.95 * side, 0.34 + 0.24, 0.3), 0.24, mix(pale, third, 0.12)),
    ]
    return _trace(
        brief, _studio(brief, solids, _camera(brief, (0, 1.2, 0), zoom=5.0 if brief.height > brief.width else 4.5))
    )


def _body(shape: str, main: Colour, cap: Colour) -> list[Solid]:
    foot = (0.0, 0.34, 0.0)
    body = lathe(foot, PROFILES[shape], main, softness=45 if shape == "vase" else 15)
    if shape == "bottle":
        return [body, drum((0, 2.34 + 0.2, 0), 0.27, 0.2, cap)]
    if shape == "cup":
        return [torus((0.6, 0.9, 0), 0.26, 0.075, main, 0.0, 0.0), body]
    return [body]


def rings(brief: Brief) -> Floats:
    """Return two linked rings on the floor, with a sphere on either side."""
    paper, first, _, third, fourth = brief.inks
    rng = brief.rng
    side = float(rng.choice((-1.0, 1.0)))
    radius, tube = 0.86, rng.uniform(0.2, 0.25)
    tall, facing = radius + tube, side * rng.uniform(0.25, 0.45)
    across = facing - side * rng.uniform(1.1, 1.3)
    # The second ring's tube passes through the centre of the first, so that the rings do not touch.
    x, z = -0.42 * side + side * radius * cos(across), -side * radius * sin(across)
    solids = [
        torus((-0.42 * side, tall, 0), radius, tube, first, 0.0, facing),
        torus((x, tall, z), radius, tube, third, 0.0, across),
        sphere((-1.45 * side, 0.22, 0.85), 0.22, fourth),
        sphere((1.5 * side, 0.34, -0.35), 0.34, mix(paper, WHITE, 0.4)),
    ]
    return _trace(brief, _studio(brief, solids, _camera(brief, (0, 1.05, 0))))


def stairs(brief: Brief) -> Floats:
    """Return steps between two walls that lead up to a small arch, under an open sky."""
    paper, first, _, third, _ = brief.inks
    clay = max(brief.inks[1:], key=lambda ink: float(ink[0] - ink[2]) - abs(float(ink[1]) - 0.45))
    warm, tread = mix(clay, paper, 0.3), mix(paper, mix(clay, PEACH, 0.4), 0.45)
    pale = mix(paper, third, 0.2)
    count, rise, going = 7, 0.14, 0.46
    top = 2 * rise * count
    solids = [
        box((-1.66, 2.6, -2.2), (0.3, 3.0, 3.9), warm),
        box((-0.2, top / 2, -3.9), (1.25, top / 2, 1.6), tread),
        arch((-0.2, top + 1.0, -3.6), (0.82, 0.26, 0.5), pale),
        *_steps(count, rise, going, tread),
        box((2.1, 1.3, -1.5), (1.1, 1.3, 1.9), pale, edge=0.02),
        sphere((1.75, 2.6 + 0.44, -0.7), 0.44, first),
    ]
    camera = Camera((1.9, 3.5, 9.5), (0.25, 1.95, -0.6), zoom=3.5)
    sky = brief.weather.sky
    room = Room(solids, camera, (0.55, 1.0, 0.75), mix(tread, WHITE, 0.05), (mix(sky[0], first, 0.1), sky[2]))
    return _trace(brief, room)


def _steps(count: int, rise: float, going: float, colour: Colour) -> list[Solid]:
    """Return blocks that reach down to the floor, the farthest and tallest first."""
    return [
        box((-0.2, rise * step, 0.75 + going - going * step), (1.2, rise * step, going / 2 + 0.02), colour, edge=0.015)
        for step in range(count, 0, -1)
    ]


bottle, vase, cup, lamp = (partial(vessel, shape=shape) for shape in PROFILES)
