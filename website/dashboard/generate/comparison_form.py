"""The form that sends one prompt to several models."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Self

from django.http import QueryDict

from images.catalogue import availability
from images.model_comparison import MODELS_MAX, ComparedRequest
from images.models import CatalogueModel, Image
from images.schemas import PROMPT_MAX_CHARACTERS, STYLE_MAX_CHARACTERS, GenerationArguments
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.schemas import parse
from website.dashboard.generate import choices

MODELS_MIN: Final = 2


@dataclass(frozen=True, slots=True)
class ComparisonForm:
    """Values of the form. The nonce identifies one rendered form, so that submitting it twice charges once."""

    prompt: str = ""
    style: str = ""
    aspect_ratio: str = "1:1"
    model_ids: Sequence[str] = ()
    # JSON of the price of each model in the form.
    prices: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))

    @classmethod
    def from_images(cls, images: Sequence[Image]) -> Self:
        """Return a form with the prompt and the models of these images."""
        if not images:
            return cls()
        first = images[0]
        models = tuple(dict.fromkeys(image.model_id for image in images))
        return cls(first.prompt, first.style, first.aspect_ratio, models)

    @classmethod
    def from_post(cls, data: QueryDict) -> Self:
        """Return the form as submitted, with values that are not validated yet."""
        prompt, style = (data.get(name, "").replace("\r\n", "\n") for name in ("prompt", "style"))
        nonce = data.get("nonce", "")[:40] or str(uuid.uuid4())
        models = tuple(dict.fromkeys(data.getlist("model_id")))
        return cls(prompt, style, data.get("aspect_ratio", ""), models, data.get("prices", ""), nonce)

    def requests(self) -> list[ComparedRequest]:
        """Return one request for each model, with the price that the form displayed; 0 if it displayed none.

        Raises:
            InvalidArguments: A field has an invalid value.
        """
        if not MODELS_MIN <= len(self.model_ids) <= MODELS_MAX:
            raise InvalidArguments([FieldError("models", f"Select {MODELS_MIN} to {MODELS_MAX} models.")])
        return [ComparedRequest(self._arguments(model_id), self._price(model_id)) for model_id in self.model_ids]

    def _arguments(self, model_id: str) -> GenerationArguments:
        fields = {"prompt": self.prompt, "style": self.style, "aspectRatio": self.aspect_ratio, "modelId": model_id}
        arguments = parse(GenerationArguments, fields)
        digest = hashlib.sha256(json.dumps([self.nonce, fields]).encode()).hexdigest()
        return arguments.model_copy(update={"idempotency_key": f"comparison-{digest}"})

    def _price(self, model_id: str) -> int:
        try:
            credits = json.loads(self.prices)[model_id]
        except (ValueError, LookupError, TypeError):
            return 0
        return credits if isinstance(credits, int) else 0


def context(form: ComparisonForm, models: Sequence[CatalogueModel]) -> dict[str, Any]:
    """Return the context of the form's template."""
    offered = [model for model in models if model.credits]
    available = [model for model in offered if availability.is_available(model)]
    prices = {model.model_id: model.credits for model in available}
    return {
        "form": form,
        "models": [(model, model in available) for model in offered],
        # Every model that can be compared has these.
        "ratios": [ratio for ratio in choices.RATIOS if all(ratio in model.aspect_ratios for model in available)],
        "prices": json.dumps(prices),
        "cost": sum(prices.get(model_id) or 0 for model_id in form.model_ids),
        "models_max": MODELS_MAX,
        "prompt_max": PROMPT_MAX_CHARACTERS,
        "style_max": STYLE_MAX_CHARACTERS,
    }
