"""The weathers of landscapes, the inks of other scenes, and the colours that a prompt can name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from images.providers.sandbox.artwork.colour import Colour, brightness, from_hex, mix

PAPER_BRIGHTNESS = 0.72


@dataclass(frozen=True)
class Weather:
    """The colours of a landscape: the sky from top to bottom, the sun or moon, and the far and near land."""

    sky: tuple[Colour, Colour, Colour]
    sun: Colour
    far: Colour
    near: Colour
    dark: bool = False


def _weather(sky: str, sun: str, far: str, near: str, dark: bool = False) -> Weather:
    high, middle, low = (from_hex(part) for part in sky.split())
    return Weather((high, middle, low), from_hex(sun), from_hex(far), from_hex(near), dark)


WEATHERS = {
    "dawn": _weather("#e6cdb0 #f3d2ac #f8dcbc", "#fff7e6", "#c6b6a7", "#12303c"),
    "rose": _weather("#cfaeac #eac6b6 #f9e3cf", "#fff6ec", "#c4938a", "#43202c"),
    "day": _weather("#6fa3b8 #a9cbd2 #e6eee6", "#fffdf2", "#a9c1c0", "#1a4648"),
    "golden": _weather("#8db4c6 #d8d2be #f3e1c3", "#fff9e8", "#c98f5c", "#6e341d"),
    "sunset": _weather("#2a2548 #8c3f5a #ea9050", "#fff2dc", "#b65a57", "#150f1c"),
    "ember": _weather("#3a2233 #a34a3c #f2b061", "#fff4d8", "#a9503d", "#1c0f14"),
    "dusk": _weather("#1f2f52 #53597c #cf968a", "#ffe9d2", "#70708c", "#10182b"),
    "night": _weather("#091628 #10263f #1f4564", "#f6f2e4", "#2a536f", "#040b13", dark=True),
    "winter": _weather("#a5b9c7 #ccd8de #f0f1ee", "#ffffff", "#b7c7d0", "#2a3f50"),
    "autumn": _weather("#b4c0b8 #e2d3b2 #f3cb90", "#fff4d8", "#c78a58", "#43201a"),
    "spring": _weather("#a3c9cf #d3e2d0 #f5edd3", "#fffbea", "#a8c19c", "#1f4633"),
    "fog": _weather("#c0ccc8 #d4dcd7 #e8eae3", "#f8f8ee", "#a8bbb4", "#10261f"),
    "storm": _weather("#3b4951 #6c7b7e #bbbaa9", "#f2ecd8", "#78878b", "#121b20"),
}

INKS = tuple(
    tuple(from_hex(part) for part in line.split())
    for line in (
        "#f2e9da #1f5f5b #20344f #e2a33a #d04f33",
        "#f4e4d4 #c8623f #7c3a2a #e0a96d #39565a",
        "#eff0e7 #1e4a63 #6fa0a8 #e8c07d #d9694f",
        "#ece8d6 #2f4a36 #7d8f5a #c9a94e #8a4b2f",
        "#f4e7df #5a2a3c #b3606a #e2a58a #2d3b4e",
        "#f5efe3 #16222f #4a6475 #b08a5a #d8c3a0",
        "#eceeeb #26384a #8aa0ad #d3b98f #b6573e",
        "#f3ead9 #3d5a80 #98b4c4 #ee8a6b #293241",
        "#f6ead8 #8c2f28 #d97b4f #f0bd7a #27403f",
        "#e9e6dc #4b4a3f #8f8a6a #c7b48b #a5523b",
    )
)

_NAMED_CODES = {
    "navy": "#1d3150", "blue": "#3a6a94", "azure": "#6fa6c4", "teal": "#22706d", "petrol": "#1f5b63",
    "turquoise": "#4fa39e", "cyan": "#5ca9b5", "indigo": "#2f3566", "green": "#3f7350", "emerald": "#2a6b4f",
    "sage": "#9caf8f", "olive": "#77784a", "moss": "#5f7144", "mint": "#b4d2c0", "terracotta": "#c4633f",
    "rust": "#a34a2a", "red": "#bf3f33", "crimson": "#a32f3a", "coral": "#e7836a", "orange": "#df8136",
    "amber": "#dd9b35", "ochre": "#cf9a3c", "mustard": "#d3a137", "yellow": "#e9c154", "gold": "#cda350",
    "golden": "#cda350", "cream": "#f3e8d3", "ivory": "#f4eee0", "white": "#f4f3ef", "beige": "#e0d1b8",
    "sand": "#dfc49c", "brown": "#7a5238", "chocolate": "#573826", "copper": "#b5714a", "pink": "#e6a9a4",
    "rose": "#cf8386", "peach": "#f2bf9c", "plum": "#6a3450", "burgundy": "#702a38", "maroon": "#6d2a2d",
    "purple": "#66517e", "violet": "#75618f", "lavender": "#b5abc9", "lilac": "#bfaec9", "grey": "#8d918f",
    "gray": "#8d918f", "silver": "#b9bfc0", "charcoal": "#33373a", "black": "#17191b",
}  # fmt: skip
NAMED = {name: from_hex(code) for name, code in _NAMED_CODES.items()}


def tint(weather: Weather, named: Sequence[Colour]) -> Weather:
    """Return the weather with its land, and part of its sky, tinted by the dark colours that the prompt names."""
    strong = [colour for colour in named if brightness(colour) < PAPER_BRIGHTNESS]
    if not strong:
        return weather
    high, middle, low = weather.sky
    return replace(
        weather,
        sky=(mix(high, mix(strong[-1], middle, 0.3), 0.35), mix(middle, strong[-1], 0.12), low),
        far=mix(weather.far, mix(strong[0], low, 0.45), 0.7),
        near=mix(weather.near, strong[0] * 0.38, 0.7),
    )


def arrange_inks(inks: Sequence[Colour], named: Sequence[Colour]) -> tuple[Colour, ...]:
    """Return five inks, paper first: the colours that the prompt names, a shade of the first, then the defaults."""
    papers = [colour for colour in named if brightness(colour) >= PAPER_BRIGHTNESS]
    strong = [colour for colour in named if brightness(colour) < PAPER_BRIGHTNESS]
    paper = papers[0] if papers else inks[0]
    if not strong:
        return (paper, *papers[1:], *inks[1:])[:5]
    first, *others = strong
    return (paper, first, mix(first, paper, 0.42), *others, *inks[3 + len(others) :])[:5]
