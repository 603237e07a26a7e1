"""The composer: the form that requests an image, and its conversion to generation arguments."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from django.http import QueryDict

from images.catalogue import availability, prices
from images.catalogue.options import DEFAULT_BACKGROUND, DEFAULT_THINKING_LEVEL
from images.exceptions import ImageNotFound
from images.generation import IMAGES_MAX
from images.models import CatalogueModel, Image
from images.schemas import (
    PROMPT_MAX_CHARACTERS,
    SOURCES_MAX,
    STYLE_MAX_CHARACTERS,
    EditArguments,
    GenerationArguments,
)
from infrastructure.exceptions import FieldError, InvalidArguments, ServiceError
from infrastructure.schemas import parse
from website.dashboard.generate import choices
from website.dashboard.generate.source_list import Sources
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
    "sources": f"An edit can use {SOURCES_MAX} images. Remove some.",
    "count": f"Choose 1 to {IMAGES_MAX} images.",
}
SOURCE_MISSING: Final = "An image to edit was deleted or isn't in your account. Remove it, then try again."
COUNTS: Final = tuple(str(count) for count in range(1, IMAGES_MAX + 1))
TRANSPARENT_JPEG: Final = "JPEG can't be transparent. Choose PNG or WebP, or an opaque background."


@dataclass(frozen=True, slots=True)
class ModelOption:
    """A model in the list, and why it cannot be used now, in a few words; empty if it can."""

    model: CatalogueModel
    problem: str = ""
    # The number of pictures that the request uses.
    sources: int = 0

    @property
    def credits(self) -> int | None:
        """The price of an image without options in credits; None if staff have removed it."""
        return choices.default_price(self.model, sources=self.sources)

    @property
    def deep_credits(self) -> int | None:
        """The price with deep thinking and no other option; None for a model without it."""
        if not self.model.has_thinking:
            return None
        return choices.default_price(self.model, thinking_level="deep", sources=self.sources)

    @property
    def is_available(self) -> bool:
        return not self.problem

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
    sources: Sources = field(default_factory=Sources)
    count: str = "1"
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
            sources=Sources.of_image(image),
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
        count = data.get("count", "1")
        return cls(**values, sources=Sources.from_data(data), count=count, **({"nonce": nonce} if nonce else {}))

    def with_sources(self, changed: Sources) -> Self:
        """Return the form with these sources. With the first one, a default aspect ratio becomes that of the source."""
        is_first = bool(changed.ids) and not self.sources.ids
        ratio = choices.AUTO if is_first and self.aspect_ratio in ("", choices.RATIOS[0]) else self.aspect_ratio
        return replace(self, sources=changed, aspect_ratio=ratio)

    @property
    def is_edit(self) -> bool:
        return bool(self.sources.ids)

    @property
    def images(self) -> int:
        """The number of images to request.

        Raises:
            InvalidArguments: It is not a number from 1 to IMAGES_MAX.
        """
        if self.count not in COUNTS:
            raise InvalidArguments([FieldError("count", FIELD_MESSAGES["count"])])
        return int(self.count)

    @property
    def selected(self) -> dict[str, str]:
        """The selected values, by the name of the choice."""
        return {name: getattr(self, name) for name in choices.NAMES}

    def arguments(self, options: list[ModelOption], hashes: Mapping[str, str]) -> GenerationArguments:
        """Return the arguments of a request, with an idempotency key derived from the nonce and the values.

        Args:
            options: The models.
            hashes: The SHA-256 of the sources by id. A form with files that is submitted twice has other ids, but the
                same hashes.

        Raises:
            InvalidArguments: A field has an invalid value.
        """
        model = _find(self.model_id, options)
        offered = choices.values_of(model, is_edit=self.is_edit) if model else {}
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
        arguments: GenerationArguments
        if self.is_edit:
            edited = {"sources": list(self.sources.ids), "mask": self.sources.mask or None}
            arguments = parse(EditArguments, {**values, **edited})
        else:
            arguments = parse(GenerationArguments, values)
        files = [hashes.get(source_id, source_id) for source_id in (*self.sources.ids, self.sources.mask)]
        digest = hashlib.sha256(json.dumps([self.nonce, values, files, self.images]).encode()).hexdigest()
        return arguments.model_copy(update={"idempotency_key": f"dashboard-{digest}"})

    def displayed_price(self, arguments: GenerationArguments, options: list[ModelOption]) -> int:
        """Return the price of one image in credits that the form displayed for these arguments; 0 if it displayed none.

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
        is_listed = self.images == 1 and listed == price
        if not isinstance(credits, int):
            return 0
        is_shown = not self.shown_price or str(self.images * credits) == self.shown_price
        return credits if is_shown or is_listed else 0


def catalogue() -> list[CatalogueModel]:
    """Return every model with its prices, in the order of the list."""
    return list(CatalogueModel.objects.with_prices())


def model_options(models: Sequence[CatalogueModel], used: Sources) -> list[ModelOption]:
    """Return the models as options of a request with these sources."""
    return [ModelOption(model, _problem(model, used), len(used.ids)) for model in models]


def context(composer: Composer, options: list[ModelOption]) -> dict[str, Any]:
    """Return the context of the composer's templates."""
    available = {option.model.model_id: option.model for option in options if option.is_available}
    model, model_note = available.get(composer.model_id), ""
    if model is None and composer.is_edit and available:
        model, model_note = _replacement(composer, options)
    is_edit = composer.is_edit
    selected, notes = choices.fit(composer.selected, model, is_edit=is_edit) if model else (composer.selected, {})
    sources = len(composer.sources.ids)
    unit_cost = choices.price(model, selected, sources=sources) if model else None
    count = int(composer.count) if composer.count in COUNTS else 1
    return {
        "composer": _with_values(composer, {**selected, "model_id": model.model_id if model else composer.model_id}),
        "options": options,
        "selected_model": model,
        "unit_cost": unit_cost,
        "count": count,
        "counts": COUNTS,
        "cost": None if unit_cost is None else count * unit_cost,
        "controls": choices.controls(selected, model, sources=sources),
        "ratios": choices.ratios(selected, model, is_edit=is_edit),
        "ratio_note": notes.pop("aspect_ratio", ""),
        "option_notes": list(notes.values()),
        "model_note": model_note,
        "mask_models": sum(option.is_available for option in options) if composer.sources.mask else None,
        "prices": json.dumps({option.model.model_id: _price_rows(option.model, sources) for option in options}),
        "sources_max": SOURCES_MAX,
        "styles": STYLES,
        "prompt_max": PROMPT_MAX_CHARACTERS,
        "style_max": STYLE_MAX_CHARACTERS,
        "no_model_available": not available,
    }


def _with_values(composer: Composer, values: Mapping[str, Any]) -> Composer:
    return replace(composer, **values)


def _problem(model: CatalogueModel, used: Sources) -> str:
    """Return in a few words why a model cannot be used for a request with these sources; empty if it can."""
    if not availability.is_available(model):
        return "unavailable"
    if not used.ids:
        return ""
    match prices.edit_problem(model, sources=len(used.ids), has_mask=bool(used.mask)):
        case "no edits":
            return "can't edit"
        case "too many sources":
            return f"up to {model.max_sources} image{'s' if model.max_sources > 1 else ''}"
        case "no mask":
            return "no masks"
        case _:
            return ""


def _replacement(composer: Composer, options: list[ModelOption]) -> tuple[CatalogueModel, str]:
    """Return the first model that takes the sources, and a note if another one was selected."""
    model = next(option.model for option in options if option.is_available)
    selected = next((option for option in options if option.model.model_id == composer.model_id), None)
    if selected is None:
        return model, ""
    names = availability.short_name(composer.model_id), availability.short_name(model.model_id)
    return model, f"{names[0]}: {selected.problem}. Model is now {names[1]}."


def request_messages(composer: Composer, error: ServiceError) -> list[str]:
    """Return messages for people about an error of a request."""
    if isinstance(error, InvalidArguments):
        return error_messages(composer, error)
    return [SOURCE_MISSING if isinstance(error, ImageNotFound) else error.message]


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


def _price_rows(model: CatalogueModel, sources: int) -> list[tuple[str | int | None, ...]]:
    return [(*price.combination, prices.credits(price, sources=sources)) for price in model.sorted_prices]
