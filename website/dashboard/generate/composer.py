"""The composer: the form that requests an image, and its conversion to generation arguments."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from django.http import QueryDict

from images.catalogue import availability
from images.catalogue.options import DEFAULT_BACKGROUND, DEFAULT_THINKING_LEVEL
from images.models import CatalogueModel, Image
from images.schemas import PROMPT_MAX_CHARACTERS, STYLE_MAX_CHARACTERS, GenerationArguments
from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import parse
from website.dashboard.generate import choices
from website.public import samples
from website.public.samples import Sample

STYLES: Final = ("Photo", "Illustration", "3D", "Poster", "Ink", "Isometric")
# Messages for people, by field; the API's own messages describe a schema.
FIELD_MESSAGES: Final = {
    "prompt": "Enter a prompt.",
    "modelId": "Choose one of the models below.",
    "aspectRatio": "Choose one of the aspect ratios below.",
    "style": "The style contains an invalid character. Type it instead of pasting it.",
    "thinkingLevel": "Choose standard or deep thinking.",
    "quality": "Choose one of the qualities below.",
    "resolution": "Choose one of the resolutions below.",
    "background": "Choose an opaque or a transparent background.",
    "outputFormat": "Choose one of the formats below.",
}
TRANSPARENT_JPEG: Final = "JPEG can't be transparent. Choose PNG or WebP, or an opaque background."


@dataclass(frozen=True, slots=True)
class ModelOption:
    """A model in the list, and whether it can be used now."""

    model: CatalogueModel
    is_available: bool

    @property
    def offers(self) -> str:
        """Every value that it offers, for composer.js and generate.css."""
        return choices.offers(self.model)


@dataclass(frozen=True, slots=True)
class Composer:
    """Values of the form. The nonce identifies one rendered form, so that submitting it twice charges once."""

    model_id: str
    prompt: str = ""
    aspect_ratio: str = choices.RATIOS[0]
    style: str = ""
    thinking_level: str = DEFAULT_THINKING_LEVEL
    # Empty for the model's own.
    quality: str = ""
    resolution: str = ""
    background: str = DEFAULT_BACKGROUND
    output_format: str = choices.AUTOMATIC
    # JSON of the prices in the form by model, each with its options: {"openai:gpt-image-2": [["low", "1K", null, 1]]}.
    prices: str = ""
    # The price rendered below the form; empty with JavaScript, which updates it.
    shown_price: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def empty(cls, options: list[ModelOption]) -> Self:
        """Return an empty form with the first available model selected."""
        return cls(next((option.model.model_id for option in options if option.is_available), ""))

    @classmethod
    def from_image(cls, image: Image) -> Self:
        """Return a form with the settings of an existing image."""
        return cls(
            image.model_id,
            image.prompt,
            image.aspect_ratio,
            image.style,
            thinking_level=image.thinking_level or DEFAULT_THINKING_LEVEL,
            quality=image.quality or "",
            resolution=image.resolution or "",
            background=image.background,
            output_format=image.output_format or choices.AUTOMATIC,
        )

    @classmethod
    def from_sample(cls, sample: Sample, options: list[ModelOption]) -> Self:
        """Return a form with the prompt and aspect ratio of an example picture."""
        return cls(cls.empty(options).model_id, sample.prompt, sample.aspect_ratio)

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        """Return the form as submitted, with values that are not validated yet."""
        names = ("model_id", "prompt", "style", "prices", "shown_price", *choices.NAMES)
        values = {name: data.get(name, "") for name in names}
        # HTML forms submit a line end as CRLF; the text field shows and counts it as one character.
        values |= {name: values[name].replace("\r\n", "\n") for name in ("prompt", "style")}
        values["background"] = values["background"] or DEFAULT_BACKGROUND
        nonce = data.get("nonce", "")[:40]
        return cls(**values, **({"nonce": nonce} if nonce else {}))

    @property
    def selected(self) -> dict[str, str]:
        """The selected values, by the name of the choice."""
        return {name: getattr(self, name) for name in choices.NAMES}

    def arguments(self, options: list[ModelOption]) -> GenerationArguments:
        """Return the generation arguments, with an idempotency key derived from the nonce and the values.

        Raises:
            InvalidArguments: A field has an invalid value.
        """
        model = _find(self.model_id, options)
        offered = choices.values_of(model) if model else {}
        # A control is hidden, but still submitted, for a model that leaves no choice.
        own = {name: value for name, value in self.selected.items() if value and offered.get(name)}
        values = {
            "prompt": self.prompt,
            "modelId": self.model_id,
            "aspectRatio": self.aspect_ratio,
            "style": self.style,
            "thinkingLevel": own.get("thinking_level"),
            "quality": own.get("quality"),
            "resolution": own.get("resolution"),
            # Never ignored, because the picture would be another one.
            "background": self.background,
            "outputFormat": own.get("output_format"),
        }
        arguments = parse(GenerationArguments, values)
        digest = hashlib.sha256(json.dumps([self.nonce, values]).encode()).hexdigest()
        return arguments.model_copy(update={"idempotency_key": f"dashboard-{digest}"})

    def displayed_price(self, arguments: GenerationArguments, options: list[ModelOption]) -> int:
        """Return the price in credits that the form displayed for these arguments; 0 if it displayed none.

        Without a script, a form displays the price of each model, and below it that of the values with which it was
        rendered.
        """
        model = _find(self.model_id, options)
        price = model and model.price(
            quality=arguments.quality, resolution=arguments.resolution, thinking_level=arguments.thinking_level
        )
        if not model or not price:
            return 0
        try:
            rows = json.loads(self.prices)[self.model_id]
            credits = {tuple(row[:3]): row[3] for row in rows}[price.combination]
        except (ValueError, LookupError, TypeError):
            return 0
        listed = model.price(thinking_level=arguments.thinking_level)
        if self.shown_price and str(credits) != self.shown_price and not (listed and listed.credits == credits):
            return 0
        return credits if isinstance(credits, int) else 0


def model_options() -> list[ModelOption]:
    """Return every model of the catalogue, in the order of the list."""
    return [ModelOption(model, availability.is_available(model)) for model in CatalogueModel.objects.with_prices()]


def context(composer: Composer, options: list[ModelOption]) -> dict[str, Any]:
    """Return the context of the composer's templates."""
    available = {option.model.model_id: option.model for option in options if option.is_available}
    model = available.get(composer.model_id)
    selected, notes = choices.fit(composer.selected, model) if model else (composer.selected, {})
    return {
        "composer": replace(composer, **selected),
        "options": options,
        "selected_model": model,
        "cost": choices.price(model, selected) if model else None,
        "controls": choices.controls(selected, model),
        "ratios": choices.ratios(selected, model),
        "ratio_note": notes.pop("aspect_ratio", ""),
        "option_notes": list(notes.values()),
        "prices": json.dumps({option.model.model_id: _price_rows(option.model) for option in options}),
        "styles": STYLES,
        "prompt_max": PROMPT_MAX_CHARACTERS,
        "style_max": STYLE_MAX_CHARACTERS,
        "no_model_available": not available,
    }


def error_messages(composer: Composer, error: InvalidArguments) -> list[str]:
    """Return one message for each invalid field."""
    return [
        _length_message(composer, field_error.field)
        or _transparency_message(composer, field_error.field)
        or FIELD_MESSAGES.get(field_error.field, field_error.message)
        for field_error in error.fields
    ]


def _length_message(composer: Composer, name: str) -> str | None:
    limits = {
        "prompt": (composer.prompt, PROMPT_MAX_CHARACTERS),
        "style": (composer.style, STYLE_MAX_CHARACTERS),
    }
    text, maximum = limits.get(name, ("", 0))
    if len(text) <= maximum:
        return None
    return f"The {name} has {len(text):,} characters. Shorten it to {maximum:,} characters or fewer."


def sample(name: str) -> Sample | None:
    """Return the example picture with this name, or None."""
    return samples.BY_NAME.get(name)


def _transparency_message(composer: Composer, name: str) -> str | None:
    is_transparent_jpeg = (composer.background, composer.output_format) == ("transparent", "jpeg")
    return TRANSPARENT_JPEG if name == "outputFormat" and is_transparent_jpeg else None


def _find(model_id: str, options: list[ModelOption]) -> CatalogueModel | None:
    return next((option.model for option in options if option.model.model_id == model_id), None)


def _price_rows(model: CatalogueModel) -> list[tuple[str | int | None, ...]]:
    return [(*price.combination, price.credits) for price in model.sorted_prices]
