"""The choice of scene, weather and colours for a prompt, by keywords."""

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

# The weathers that suit a scene, for prompts without a word for the time of day or the weather.
USUAL_WEATHERS = {
    "mountains": "dawn rose sunset fog winter autumn dusk golden",
    "lake": "dawn dusk day autumn winter sunset",
    "sea": "day sunset dusk dawn rose storm",
    "forest": "fog night dawn winter dusk autumn",
    "dunes": "golden rose sunset ember dusk",
    "city": "night dusk night sunset",
    "stairs": "day golden dawn rose",
}

# The scene for prompts that name a weather and no scene.
SUGGESTED_SCENES = {
    "sunset": "sea", "night": "city", "dawn": "mountains", "winter": "forest", "autumn": "mountains", "dusk": "lake",
    "golden": "dunes", "fog": "forest", "storm": "sea", "spring": "lake", "ember": "dunes",
}  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """The scene, weather and inks for one prompt."""

    scene: str
    weather: palettes.Weather
    inks: tuple[Colour, ...]


def choose(prompt: str, rng: np.random.Generator) -> Choice:
    """Return the choice for this prompt; `rng` decides what the prompt leaves open."""
    words = _words(prompt)
    named_weather = _best(words, WEATHER_WORDS)
    scene = _best(words, SCENES) or SUGGESTED_SCENES.get(named_weather or "") or str(rng.choice(list(SCENES)))
    usual = USUAL_WEATHERS.get(scene, " ".join(palettes.WEATHERS)).split()
    weather = palettes.WEATHERS[named_weather or str(rng.choice(usual))]
    inks = palettes.INKS[int(rng.integers(len(palettes.INKS)))]
    colours = [palettes.NAMED[word] for word in dict.fromkeys(words) if word in palettes.NAMED]
    return Choice(scene, palettes.tint(weather, colours), palettes.arrange_inks(inks, colours))


def _words(prompt: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", prompt.casefold())


def _best(words: list[str], table: Mapping[str, str]) -> str | None:
    """Return the entry with the most distinct words in the prompt; on a tie, the one that occurs first."""
    matches: dict[str, set[str]] = {}
    for word in words:
        for name, listed in table.items():
            if match := _singulars(word) & set(listed.split()):
                matches.setdefault(name, set()).update(match)
    return max(matches, key=lambda name: len(matches[name])) if matches else None


def _singulars(word: str) -> set[str]:
    """Return the word and its possible singulars: trees, beaches, cities, leaves."""
    endings = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"))
    return {word} | {word[: -len(end)] + single for end, single in endings if word.endswith(end) and len(word) > 3}
