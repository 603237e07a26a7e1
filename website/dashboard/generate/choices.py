"""The composer's choices: which values a model offers, which one is selected, and what each of them costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, get_args

from images.catalogue import prices
from images.catalogue.options import (
    BACKGROUNDS,
    DEFAULT_BACKGROUND,
    DEFAULT_RESOLUTION,
    DEFAULT_THINKING_LEVEL,
    OUTPUT_FORMATS,
    QUALITIES,
    RESOLUTIONS,
    THINKING_LEVELS,
)
from images.models import CatalogueModel
from images.schemas import AspectRatio

# The usual ones first.
RATIOS: Final[tuple[str, ...]] = get_args(AspectRatio)
# The format in which the provider sends the picture.
AUTOMATIC: Final = ""
# The shape of the first source, which an edit can have.
AUTO: Final = "auto"


class Kind(NamedTuple):
    """One kind of choice: its label, its values, and their wording in messages, such as `{} quality`."""

    name: str
    label: str
    values: Sequence[str]
    wording: str
    # Whether prices depend on it.
    is_priced: bool = True


KINDS: Final = (
    Kind("quality", "Quality", QUALITIES, "{} quality"),
    Kind("resolution", "Resolution", RESOLUTIONS, "resolution {}"),
    Kind("thinking_level", "Thinking", THINKING_LEVELS, "{} thinking"),
    Kind("background", "Background", BACKGROUNDS, "a {} background", is_priced=False),
    Kind("output_format", "Format", (AUTOMATIC, *OUTPUT_FORMATS), "{}", is_priced=False),
)
RATIO: Final = Kind("aspect_ratio", "Aspect ratio", (AUTO, *RATIOS), "{}", is_priced=False)
NAMES: Final = (*(kind.name for kind in KINDS), RATIO.name)
LABELS: Final = {
    "low": "Low",
    "medium": "Medium",
    "high": "High",
    "default": "Standard",
    "deep": "Deep",
    "opaque": "Opaque",
    "transparent": "Transparent",
    AUTOMATIC: "Auto",
    AUTO: "Auto",
    "png": "PNG",
    "jpeg": "JPEG",
    "webp": "WebP",
}
JPEG_NOTE: Final = "JPEG can't be transparent. Format is now Auto."


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a control."""

    value: str
    label: str
    # What a message calls it: high quality.
    words: str
    is_offered: bool
    is_selected: bool
    # The price with this value and the other selected ones; None if the model does not have the combination.
    credits: int | None


@dataclass(frozen=True, slots=True)
class Control:
    """A control of the form. It is hidden for a model that leaves no choice."""

    kind: Kind
    is_offered: bool
    choices: Sequence[Choice]


def values_of(model: CatalogueModel, *, is_edit: bool = False) -> dict[str, Sequence[str]]:
    """Return the values to choose from by the name of the choice; empty if the model leaves no choice."""
    values: dict[str, Sequence[str]] = {
        "quality": model.qualities,
        "resolution": model.resolutions,
        "thinking_level": model.thinking_levels,
        "background": model.backgrounds,
        "output_format": (AUTOMATIC, *OUTPUT_FORMATS),
    }
    ratios = (AUTO, *model.aspect_ratios) if is_edit else model.aspect_ratios
    return {**{name: own if len(own) > 1 else () for name, own in values.items()}, RATIO.name: ratios}


def default(model: CatalogueModel, name: str, *, is_edit: bool = False) -> str:
    """Return the value of a request to a model that names none."""
    quality, resolution, thinking_level = model.default_combination
    return {
        "quality": quality or "",
        "resolution": resolution or DEFAULT_RESOLUTION,
        "thinking_level": thinking_level or DEFAULT_THINKING_LEVEL,
        "background": DEFAULT_BACKGROUND,
        "output_format": AUTOMATIC,
        "aspect_ratio": AUTO if is_edit else model.aspect_ratios[0],
    }[name]


def fit(
    selected: Mapping[str, str], model: CatalogueModel, *, is_edit: bool = False
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values with defaults in place of those that a model does not offer, and notes about them by name."""
    fitted, notes, choices = dict(selected), {}, values_of(model, is_edit=is_edit)
    for kind in (*KINDS, RATIO):
        value, own = selected[kind.name], choices[kind.name]
        if value in own:
            continue
        fitted[kind.name] = default(model, kind.name, is_edit=is_edit)
        # Hidden controls are submitted too. Of their lost values, only a background would change the picture unnoticed.
        # A form without sources has no shape of a source.
        if value not in ("", AUTO) and (own or (kind.name == "background" and value != DEFAULT_BACKGROUND)):
            now = f"{kind.label} is now {label(fitted[kind.name])}."
            notes[kind.name] = f"This model doesn't support {_words(kind, value)}. {now}"
    if fitted["background"] == "transparent" and fitted["output_format"] == "jpeg":
        fitted["output_format"] = AUTOMATIC
        notes["output_format"] = JPEG_NOTE
    return fitted, notes


def price(model: CatalogueModel, selected: Mapping[str, str], *, sources: int) -> int | None:
    """Return the price of the selected values in credits; None if the model does not have the combination."""
    found = model.price(**{kind.name: selected[kind.name] or None for kind in KINDS if kind.is_priced})
    return prices.credits(found, sources=sources) if found else None


def default_price(model: CatalogueModel, *, sources: int, thinking_level: str | None = None) -> int | None:
    """Return the price in credits without options but a thinking level; None if the model does not have it."""
    found = model.price(thinking_level=thinking_level)
    return prices.credits(found, sources=sources) if found else None


def controls(selected: Mapping[str, str], model: CatalogueModel | None, *, sources: int) -> list[Control]:
    """Return the control of every kind of choice, for a model or without one; prices are for this number of sources."""
    return [_control(kind, selected, model, sources=sources) for kind in KINDS]


def ratios(selected: Mapping[str, str], model: CatalogueModel | None, *, is_edit: bool = False) -> Control:
    """Return the control of the aspect ratio, which an edit can take from its first source."""
    return _control(RATIO, selected, model, is_edit=is_edit)


def offers(model: CatalogueModel) -> str:
    """Return every value that a model offers, as words that composer.js and generate.css compare: quality-low."""
    return " ".join(f"{name}-{value}" for name, values in values_of(model).items() for value in values)


def _control(
    kind: Kind,
    selected: Mapping[str, str],
    model: CatalogueModel | None,
    *,
    is_edit: bool = False,
    sources: int = 0,
) -> Control:
    any_ratio = (AUTO, *RATIOS) if is_edit else RATIOS
    own = values_of(model, is_edit=is_edit)[kind.name] if model else any_ratio if kind == RATIO else ()
    return Control(
        kind,
        bool(own),
        [
            Choice(
                value=value,
                label=label(value),
                words=_words(kind, value),
                is_offered=value in own,
                is_selected=value == selected[kind.name],
                credits=price(model, {**selected, kind.name: value}, sources=sources)
                if model and kind.is_priced and own
                else None,
            )
            for value in kind.values
        ],
    )


def label(value: str) -> str:
    """Return what a control calls a value."""
    return LABELS.get(value, value)


def _words(kind: Kind, value: str) -> str:
    return kind.wording.format(value)
