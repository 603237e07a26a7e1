"""Reads a prompt for the scene, the weather and the colours it asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from images.providers.sandbox.artwork import palettes
from images.providers.sandbox.artwork.colour import Colour

SCENES = {
    "mountains": "mountain hill valley mist misty peak alps alpine ridge range fog foggy landscape "
    "cliff volcano canyon",
    "lake": "lake fjord river reflection pond loch reservoir mirror waterfall",
    "sea": "sea ocean beach coast wave shore island surf tide lighthouse boat ship sailing harbour harbor water "
    "horizon corgi dog puppy bird gull whale fish",
    "forest": "forest tree wood woodland pine spruce fir conifer jungle grove cabin deer fox wolf bear owl cat",
    "dunes": "desert dune sand sahara camel oasis arid savanna mesa mars",
    "city": "city skyline building street urban town tower isometric apartment skyscraper metropolis traffic office",
    "marble": "ink marble marbled marbling fluid abstract paint swirl liquid smoke texture poured acrylic watercolour "
    "watercolor wallpaper background",
    "leaves": "leaf leaves pattern textile fabric botanical plant flower floral fern print tile seamless garden folk",
    "arches": "poster rainbow midcentury retro concentric minimal minimalist graphic cover logo",
    "tiles": "geometric geometry bauhaus mosaic shape grid modernist quilt circle",
    "podium": "still life podium pedestal sphere cylinder plinth object cube display fruit orange lemon render",
    "bottle": "bottle product perfume wine skincare packaging serum cosmetic",
    "vase": "vase ceramic pottery pot jar jug urn clay",
    "cup": "cup mug coffee tea espresso bowl",
    "lamp": "lamp lampshade light lighting furniture chair",
    "stairs": "stair staircase stairwell arch arche architecture architectural doorway door house villa wall interior "
    "step courtyard room corridor surreal",
    "rings": "ring torus tori donut doughnut loop chain link knot bracelet sculpture balloon toy 3d",
}

WEATHER_WORDS = {
    "dawn": "dawn sunrise morning daybreak misty mist",
    "day": "day noon midday bright clear summer sunny",
    "golden": "afternoon golden hazy dry warm",
    "sunset": "sunset evening sundown",
    "ember": "fire volcanic ember lava smoke burning",
    "dusk": "dusk twilight blue-hour",
    "night": "night midnight moon moonlight moonlit star starry dark nocturne",
    "winter": "winter snow snowy ice icy frost cold frozen",
    "autumn": "autumn fall october harvest",
    "spring": "spring fresh april meadow lush",
    "fog": "fog foggy haze cloudy overcast grey rain rainy",
    "storm": "storm stormy thunder dramatic moody tempest",
    "rose": "pastel blush romantic soft dreamy",
}

# What a scene looks like when the prompt says nothing about the hour: only weathers that suit it.
USUAL_WEATHERS = {
    "mountains": "dawn rose sunset fog winter autumn dusk golden",
    "lake": "dawn dusk day autumn winter sunset",
    "sea": "day sunset dusk dawn rose storm",
    "forest": "fog night dawn winter dusk autumn",
    "dunes": "golden rose sunset ember dusk",
    "city": "night dusk night sunset",
    "stairs": "day golden dawn rose",
}

# A word for the hour alone still suggests a place.
SUGGESTED_SCENES = {
    "sunset": "sea", "night": "city", "dawn": "mountains", "winter": "forest", "autumn": "mountains", "dusk": "lake",
    "golden": "dunes", "fog": "forest", "storm": "sea", "spring": "lake", "ember": "dunes",
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """What a prompt comes to."""

    scene: str
    weather: palettes.Weather
    inks: tuple[Colour, ...]


def choose(prompt: str, rng: np.random.Generator) -> Choice:
    """What to paint for this prompt; whatever it leaves open is drawn from `rng`."""
    words = _words(prompt)
    hour = _best(words, WEATHER_WORDS)
    scene = _best(words, SCENES) or SUGGESTED_SCENES.get(hour or "") or str(rng.choice(list(SCENES)))
    usual = USUAL_WEATHERS.get(scene, " ".join(palettes.WEATHERS)).split()
    weather = palettes.WEATHERS[hour or str(rng.choice(usual))]
    inks = palettes.INKS[int(rng.integers(len(palettes.INKS)))]
    named = [palettes.NAMED[word] for word in dict.fromkeys(words) if word in palettes.NAMED]
    return Choice(scene, palettes.tinted(weather, named), palettes.with_named(inks, named))


def _words(prompt: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", prompt.casefold())


def _best(words: list[str], table: Mapping[str, str]) -> str | None:
    """The entry with the most different words in the prompt; of equals, the one named first."""
    found: dict[str, set[str]] = {}
    for word in words:
        for name, listed in table.items():
            if match := _singulars(word) & set(listed.split()):
                found.setdefault(name, set()).update(match)
    return max(found, key=lambda name: len(found[name])) if found else None


def _singulars(word: str) -> set[str]:
    """The word itself and what it is the plural of: trees, beaches, cities, leaves."""
    endings = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"))
    return {word} | {word[: -len(end)] + single for end, single in endings if word.endswith(end) and len(word) > 3}
