"""The form that sends one prompt to several models."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Self

from django.http import QueryDict

from images.catalogue import availability, prices
from images.catalogue.options import DEFAULT_BACKGROUND, DEFAULT_RESOLUTION, DEFAULT_THINKING_LEVEL
from images.model_comparison import MODELS_MAX, ComparedRequest
from images.models import CatalogueModel, Image
from images.schemas import PROMPT_MAX_CHARACTERS, STYLE_MAX_CHARACTERS, GenerationArguments
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.schemas import parse
from website.dashboard.generate import choices
from website.dashboard.generate.choices import KINDS, Kind

MODELS_MIN: Final = 2
# Of quality: the default of each model.
OWN: Final = ""
OWN_LABEL: Final = "Model's own"


@dataclass(frozen=True, slots=True)
class ComparisonForm:
    """Values of the form. The nonce identifies one rendered form, so that submitting it twice charges once."""

    prompt: str = ""
    style: str = ""
    aspect_ratio: str = "1:1"
    quality: str = OWN
    resolution: str = DEFAULT_RESOLUTION
    thinking_level: str = DEFAULT_THINKING_LEVEL
    background: str = DEFAULT_BACKGROUND
    output_format: str = choices.AUTOMATIC
    model_ids: Sequence[str] = ()
    # JSON of the price of each model in the form.
    prices: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def from_images(cls, images: Sequence[Image], models: Sequence[CatalogueModel]) -> Self:
        """Return a form with the prompt and the models of these images, and the options that they have in common."""
        if not images:
            return cls()
        first = images[0]
        model_ids = tuple(dict.fromkeys(image.model_id for image in images))
        common = {kind.name: _common(kind, images, models) for kind in KINDS}
        form = cls(first.prompt, first.style, first.aspect_ratio, model_ids=model_ids)
        return replace(form, **{name: value for name, value in common.items() if value})

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        """Return the form as submitted, with values that are not validated yet."""
        prompt, style = (data.get(name, "").replace("\r\n", "\n") for name in ("prompt", "style"))
        nonce = data.get("nonce", "")[:40] or str(uuid.uuid4())
        models = tuple(dict.fromkeys(data.getlist("model_id")))
        form = cls(
            prompt, style, data.get("aspect_ratio", ""), model_ids=models, prices=data.get("prices", ""), nonce=nonce
        )
        options: dict[str, Any] = {kind.name: data[kind.name] for kind in KINDS if data.get(kind.name)}
        return replace(form, **options)

    @property
    def selected(self) -> dict[str, str]:
        """The selected options by name."""
        return {kind.name: getattr(self, kind.name) for kind in KINDS}

    def problem(self, model: CatalogueModel) -> str:
        """Return which of the selected options a model does not have, in a few words; empty if it has them."""
        options: dict[str, Any] = {name: value or None for name, value in self.selected.items()}
        name = prices.unsupported_option(model, GenerationArguments.model_construct(**options))
        kind = next((kind for kind in KINDS if kind.name == name), None)
        if kind is not None:
            return f"doesn't support {kind.wording.format(options[kind.name])}"
        return "" if self.price(model) else "doesn't have this combination of options"

    def price(self, model: CatalogueModel) -> int | None:
        """Return what an image with the selected options costs in credits; None if the model lacks the combination."""
        return choices.price(model, self.selected, sources=0)

    def problems(self, models: Sequence[CatalogueModel]) -> list[str]:
        """Return a sentence for each selected model that does not have the selected options."""
        chosen = [model for model in models if model.model_id in self.model_ids]
        found = [(availability.short_name(model.model_id), self.problem(model)) for model in chosen]
        return [f"{name} {problem}." for name, problem in found if problem]

    def requests(self) -> list[ComparedRequest]:
        """Return one request for each model, with the price that the form displayed; 0 if it displayed none.

        Raises:
            InvalidArguments: A field has an invalid value.
        """
        if not MODELS_MIN <= len(self.model_ids) <= MODELS_MAX:
            raise InvalidArguments([FieldError("models", f"Select {MODELS_MIN} to {MODELS_MAX} models.")])
        return [ComparedRequest(self._arguments(model_id), self._price(model_id)) for model_id in self.model_ids]

    def _arguments(self, model_id: str) -> GenerationArguments:
        fields = {
            "prompt": self.prompt,
            "style": self.style,
            "aspectRatio": self.aspect_ratio,
            "modelId": model_id,
            "quality": self.quality or None,
            "resolution": self.resolution,
            "thinkingLevel": self.thinking_level,
            "background": self.background,
            "outputFormat": self.output_format or None,
        }
        arguments = parse(GenerationArguments, fields)
        digest = hashlib.sha256(json.dumps([self.nonce, fields]).encode()).hexdigest()
        return arguments.model_copy(update={"idempotency_key": f"comparison-{digest}"})

    def _price(self, model_id: str) -> int:
        try:
            credits = json.loads(self.prices)[model_id]
        except (ValueError, LookupError, TypeError):
            return 0
        return credits if isinstance(credits, int) else 0


class ModelRow(NamedTuple):
    """A model in the list: its price with the selected options, or why it cannot be used."""

    model: CatalogueModel
    is_available: bool
    credits: int | None
    problem: str


class Option(NamedTuple):
    """A select field with one option: its kind, and the values and labels that at least MODELS_MIN models have."""

    kind: Kind
    values: Sequence[tuple[str, str]]
    selected: str


def context(form: ComparisonForm, models: Sequence[CatalogueModel]) -> dict[str, Any]:
    """Return the context of the form's template."""
    offered = [model for model in models if model.credits]
    rows = [_row(form, model) for model in offered]
    usable = {row.model.model_id: row.credits for row in rows if row.is_available and not row.problem}
    available = [row.model for row in rows if row.is_available]
    return {
        "form": form,
        "rows": rows,
        # Every model that can be compared has these.
        "ratios": [ratio for ratio in choices.RATIOS if all(ratio in model.aspect_ratios for model in available)],
        "options": [option for kind in KINDS if len((option := _option(form, kind, available)).values) > 1],
        "prices": json.dumps(usable),
        "cost": sum(usable.get(model_id) or 0 for model_id in form.model_ids),
        "models_max": MODELS_MAX,
        "prompt_max": PROMPT_MAX_CHARACTERS,
        "style_max": STYLE_MAX_CHARACTERS,
    }


def _row(form: ComparisonForm, model: CatalogueModel) -> ModelRow:
    if not availability.is_available(model):
        return ModelRow(model, is_available=False, credits=model.credits, problem="unavailable")
    problem = form.problem(model)
    return ModelRow(model, is_available=True, credits=None if problem else form.price(model), problem=problem)


def _option(form: ComparisonForm, kind: Kind, models: Sequence[CatalogueModel]) -> Option:
    default, selected = getattr(ComparisonForm(), kind.name), getattr(form, kind.name)
    offers = [choices.values_of(model)[kind.name] for model in models]
    shared = [value for value in kind.values if sum(value in own for own in offers) >= MODELS_MIN or value == selected]
    values = shared if default in shared else [default, *shared]
    labels = [OWN_LABEL if (kind.name, value) == ("quality", OWN) else choices.label(value) for value in values]
    return Option(kind, list(zip(values, labels, strict=True)), selected)


def _common(kind: Kind, images: Sequence[Image], models: Sequence[CatalogueModel]) -> str:
    """Return the value that the images have in common; empty if they differ, or each has the quality of its model."""
    by_id = {model.model_id: model for model in models}
    own = [by_id[image.model_id].default_quality if image.model_id in by_id else "" for image in images]
    values = [getattr(image, kind.name) or "" for image in images]
    if kind.name == "quality" and values == own:
        return OWN
    return values[0] if len(set(values)) == 1 else ""
