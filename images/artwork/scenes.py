"""The scenes by name."""

from collections.abc import Callable

from . import patterns, still_life
from .brief import Brief
from .city import city
from .colour import Floats
from .dunes import dunes
from .forest import forest
from .marble import marble
from .mountains import lake, mountains
from .sea import sea

SCENES: dict[str, Callable[[Brief], Floats]] = {
    "mountains": mountains, "lake": lake, "sea": sea, "forest": forest, "dunes": dunes, "city": city,
    "marble": marble, "leaves": patterns.leaves, "arches": patterns.arches, "tiles": patterns.tiles,
    "podium": still_life.podium, "bottle": still_life.bottle, "vase": still_life.vase, "cup": still_life.cup,
    "lamp": still_life.lamp, "rings": still_life.rings, "stairs": still_life.stairs,
}  # fmt: skip
