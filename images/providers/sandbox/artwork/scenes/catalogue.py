"""The scenes by name."""

from collections.abc import Callable

from images.providers.sandbox.artwork.brief import Brief
from images.providers.sandbox.artwork.colour import Floats
from images.providers.sandbox.artwork.scenes import patterns, still_life
from images.providers.sandbox.artwork.scenes.city import city
from images.providers.sandbox.artwork.scenes.dunes import dunes
from images.providers.sandbox.artwork.scenes.forest import forest
from images.providers.sandbox.artwork.scenes.marble import marble
from images.providers.sandbox.artwork.scenes.mountains import lake, mountains
from images.providers.sandbox.artwork.scenes.sea import sea

SCENES: dict[str, Callable[[Brief], Floats]] = {
    "mountains": mountains, "lake": lake, "sea": sea, "forest": forest, "dunes": dunes, "city": city,
    "marble": marble, "leaves": patterns.leaves, "arches": patterns.arches, "tiles": patterns.tiles,
    "podium": still_life.podium, "bottle": still_life.bottle, "vase": still_life.vase, "cup": still_life.cup,
    "lamp": still_life.lamp, "rings": still_life.rings, "stairs": still_life.stairs,
}  # fmt: skip
