"""The form that asks for an image: what stands in it, and what it means as arguments."""

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from typing import Any, Final, Self, get_args

from django.http import QueryDict

from images import catalogue
from images.models import CatalogueModel, Image
from images.schemas import PROMPT_MAX_CHARACTERS, STYLE_MAX_CHARACTERS, AspectRatio, GenerationArguments
from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import parse
from website.public import samples
from website.public.samples import Sample

RATIOS: Final[tuple[str, ...]] = get_args(AspectRatio)
STYLES: Final = ("Photo", "Illustration", "3D", "Poster", "Ink", "Isometric")
# What a person is told of a field, where a program is told its schema.
WRONG: Final = {
    "prompt": f"Write what to draw, in 1 to {PROMPT_MAX_CHARACTERS:,} characters.",
    "modelId": "Choose one of the models below.",
    "aspectRatio": "Choose one of the aspect ratios below.",
    "style": f"A style has at most {STYLE_MAX_CHARACTERS} characters.",
    "thinkingLevel": "Choose standard or deep thinking.",
}


@dataclass(frozen=True, slots=True)
class ModelOption:
    """One model in the list: whether it can be asked for now, and its prices."""

    model: CatalogueModel
    is_available: bool

    @property
    def ratios(self) -> str:
        """The shapes it makes, as a script reads them."""
        return " ".join(self.model.aspect_ratios)


@dataclass(frozen=True, slots=True)
class Composer:
    """What stands in the form, and the number that tells one form from another."""

    model_id: str
    prompt: str = ""
    aspect_ratio: str = RATIOS[0]
    style: str = ""
    thinking_level: str = catalogue.THINKING_LEVELS[0]
    # The prices that the form showed, as it sends them back: {"openai:gpt-image-2": [5, null]}.
    prices: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def empty(cls, options: list[ModelOption]) -> Self:
        """Return an empty form with the first model that can be asked for."""
        return cls(next((option.model.model_id for option in options if option.is_available), ""))

    @classmethod
    def like(cls, image: Image) -> Self:
        """Return a form that asks for what this image was asked for with."""
        level = image.thinking_level or catalogue.THINKING_LEVELS[0]
        return cls(image.model_id, image.prompt, image.aspect_ratio, image.style, level)

    @classmethod
    def of_sample(cls, sample: Sample, options: list[ModelOption]) -> Self:
        """Return a form that asks for one of the examples."""
        return cls(cls.empty(options).model_id, sample.prompt, sample.aspect_ratio)

    @classmethod
    def sent(cls, data: QueryDict) -> Self:
        """Return the form as somebody has sent it; what was typed stays as it is."""
        values = {name: data.get(name, "") for name in ("model_id", "prompt", "aspect_ratio", "style", "prices")}
        # Browsers send line ends as two characters, and count them as one.
        values["prompt"] = values["prompt"].replace("\r\n", "\n")
        nonce = data.get("nonce", "")[:40]
        return cls(**values, thinking_level=data.get("thinking_level", ""), **({"nonce": nonce} if nonce else {}))

    def arguments(self, options: list[ModelOption]) -> GenerationArguments:
        """Return what the form asks for, under a key that the same form with the same words has again.

        Raises:
            InvalidArguments: A field holds what it cannot take.
        """
        has_thinking = any(option.model.has_thinking for option in options if option.model.model_id == self.model_id)
        asked = {
            "prompt": self.prompt,
            "modelId": self.model_id,
            "aspectRatio": self.aspect_ratio,
            "style": self.style,
            # The choice is hidden where the model has none.
            "thinkingLevel": (self.thinking_level or None) if has_thinking else None,
        }
        checked = parse(GenerationArguments, asked)
        digest = hashlib.sha256(json.dumps([self.nonce, asked]).encode()).hexdigest()
        return checked.model_copy(update={"idempotency_key": f"dashboard-{digest}"})

    def agreed_credits(self) -> int:
        """Return the price that the form showed for this model and thinking level; 0 if it showed none."""
        try:
            plain, deep = json.loads(self.prices)[self.model_id]
        except (ValueError, LookupError, TypeError):
            return 0
        price = deep if self.thinking_level == "deep" and deep is not None else plain
        return price if isinstance(price, int) else 0


def model_options() -> list[ModelOption]:
    """Return the catalogue as the form lists it."""
    return [ModelOption(model, catalogue.is_available(model)) for model in CatalogueModel.objects.all()]


def context(composer: Composer, options: list[ModelOption]) -> dict[str, Any]:
    """Return what the form's template needs."""
    by_id = {option.model.model_id: option.model for option in options}
    can_be_chosen = [option.model.model_id for option in options if option.is_available]
    chosen = by_id[composer.model_id] if composer.model_id in can_be_chosen else None
    return {
        "composer": composer,
        "options": options,
        "chosen": chosen,
        "cost": chosen.price(composer.thinking_level) if chosen else 0,
        # Where the model has no thinking the choice is hidden, and shows the prices of one that has.
        "thinker": chosen
        if chosen and chosen.has_thinking
        else next((m for m in by_id.values() if m.has_thinking), None),
        "prices": json.dumps({each.model_id: [each.credits, each.deep_credits] for each in by_id.values()}),
        "ratios": RATIOS,
        "styles": STYLES,
        "prompt_max": PROMPT_MAX_CHARACTERS,
        "style_max": STYLE_MAX_CHARACTERS,
        "nobody_paints": not can_be_chosen,
    }


def error_messages(error: InvalidArguments) -> list[str]:
    """Return what is wrong with a form, in a person's words."""
    return [WRONG.get(each.field, each.message) for each in error.fields]


def sample(name: str) -> Sample | None:
    """Return the example with this name, if there is one."""
    return samples.BY_NAME.get(name)
