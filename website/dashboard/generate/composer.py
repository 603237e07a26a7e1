"""The composer: the form that requests an image, and its conversion to generation arguments."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Self, get_args

from django.http import QueryDict

from images import catalogue
from images.models import CatalogueModel, Image
from images.options import DEFAULT_THINKING_LEVEL
from images.schemas import PROMPT_MAX_CHARACTERS, STYLE_MAX_CHARACTERS, AspectRatio, GenerationArguments
from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import parse
from website.public import samples
from website.public.samples import Sample

RATIOS: Final[tuple[str, ...]] = get_args(AspectRatio)
STYLES: Final = ("Photo", "Illustration", "3D", "Poster", "Ink", "Isometric")
# Messages for people, by field; the API's own messages describe a schema.
FIELD_MESSAGES: Final = {
    "prompt": "Enter a prompt.",
    "modelId": "Choose one of the models below.",
    "aspectRatio": "Choose one of the aspect ratios below.",
    "style": "The style contains an invalid character. Type it instead of pasting it.",
    "thinkingLevel": "Choose standard or deep thinking.",
}


@dataclass(frozen=True, slots=True)
class ModelOption:
    """A model in the list, and whether it can be used now."""

    model: CatalogueModel
    is_available: bool

    @property
    def ratios(self) -> str:
        """Its aspect ratios, separated by spaces, for composer.js."""
        return " ".join(self.model.aspect_ratios)


@dataclass(frozen=True, slots=True)
class Composer:
    """Values of the form. The nonce identifies one rendered form, so that submitting it twice charges once."""

    model_id: str
    prompt: str = ""
    aspect_ratio: str = RATIOS[0]
    style: str = ""
    thinking_level: str = DEFAULT_THINKING_LEVEL
    # JSON of the prices that the form displayed, by model: {"openai:gpt-image-2": [5, null]}.
    prices: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def empty(cls, options: list[ModelOption]) -> Self:
        """Return an empty form with the first available model selected."""
        return cls(next((option.model.model_id for option in options if option.is_available), ""))

    @classmethod
    def from_image(cls, image: Image) -> Self:
        """Return a form with the settings of an existing image."""
        level = image.thinking_level or DEFAULT_THINKING_LEVEL
        return cls(image.model_id, image.prompt, image.aspect_ratio, image.style, level)

    @classmethod
    def from_sample(cls, sample: Sample, options: list[ModelOption]) -> Self:
        """Return a form with the prompt and aspect ratio of an example picture."""
        return cls(cls.empty(options).model_id, sample.prompt, sample.aspect_ratio)

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        """Return the form as submitted, with values that are not validated yet."""
        values = {name: data.get(name, "") for name in ("model_id", "prompt", "aspect_ratio", "style", "prices")}
        # HTML forms submit a line end as CRLF; the text field shows and counts it as one character.
        values |= {name: values[name].replace("\r\n", "\n") for name in ("prompt", "style")}
        nonce = data.get("nonce", "")[:40]
        return cls(**values, thinking_level=data.get("thinking_level", ""), **({"nonce": nonce} if nonce else {}))

    def arguments(self, options: list[ModelOption]) -> GenerationArguments:
        """Return the generation arguments, with an idempotency key derived from the nonce and the values.

        Raises:
            InvalidArguments: A field has an invalid value.
        """
        has_thinking = any(option.model.has_thinking for option in options if option.model.model_id == self.model_id)
        values = {
            "prompt": self.prompt,
            "modelId": self.model_id,
            "aspectRatio": self.aspect_ratio,
            "style": self.style,
            # The thinking control is hidden, but still submitted, for a model without thinking levels.
            "thinkingLevel": (self.thinking_level or None) if has_thinking else None,
        }
        arguments = parse(GenerationArguments, values)
        digest = hashlib.sha256(json.dumps([self.nonce, values]).encode()).hexdigest()
        return arguments.model_copy(update={"idempotency_key": f"dashboard-{digest}"})

    def displayed_price(self) -> int:
        """Return the price in credits that the form displayed for its model and thinking level; 0 if it had none."""
        try:
            plain, deep = json.loads(self.prices)[self.model_id]
        except (ValueError, LookupError, TypeError):
            return 0
        price = deep if self.thinking_level == "deep" and deep is not None else plain
        return price if isinstance(price, int) else 0


def model_options() -> list[ModelOption]:
    """Return every model of the catalogue, in the order of the list."""
    return [ModelOption(model, catalogue.is_available(model)) for model in CatalogueModel.objects.with_prices()]


def context(composer: Composer, options: list[ModelOption]) -> dict[str, Any]:
    """Return the context of the composer's templates."""
    models = [option.model for option in options]
    available = {option.model.model_id: option.model for option in options if option.is_available}
    selected_model = available.get(composer.model_id)
    has_thinking = selected_model is not None and selected_model.has_thinking
    return {
        "composer": composer,
        "options": options,
        "selected_model": selected_model,
        "cost": _cost(selected_model, composer.thinking_level),
        # The hidden thinking control needs some prices too; composer.js replaces them when it shows the control.
        "thinking_model": selected_model if has_thinking else next((m for m in models if m.has_thinking), None),
        "prices": json.dumps({model.model_id: [model.credits, model.deep_credits] for model in models}),
        "ratios": RATIOS,
        "styles": STYLES,
        "prompt_max": PROMPT_MAX_CHARACTERS,
        "style_max": STYLE_MAX_CHARACTERS,
        "no_model_available": not available,
    }


def error_messages(composer: Composer, error: InvalidArguments) -> list[str]:
    """Return one message for each invalid field."""
    return [
        _length_message(composer, field_error.field) or FIELD_MESSAGES.get(field_error.field, field_error.message)
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


def _cost(model: CatalogueModel | None, thinking_level: str) -> int:
    price = model.price(thinking_level=thinking_level) if model else None
    return price.credits if price else 0
