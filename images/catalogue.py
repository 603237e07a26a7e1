"""Rules of the model catalogue: which models are available, which options they have, and which ones a key may use.

The tables of CatalogueModel and ModelPrice are the catalogue; migrations 0003 and 0017 insert their first rows.
"""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from images.exceptions import UnsupportedAspectRatio, UnsupportedOption, UnsupportedThinkingLevel
from images.models import CatalogueModel, Image, ModelPrice
from images.options import DEFAULT_RESOLUTION, DEFAULT_THINKING_LEVEL
from images.providers import registry
from images.schemas import PictureArguments
from infrastructure.exceptions import FieldError, InvalidArguments

# The attribute of a model with the values of each option.
OPTION_VALUES: Final = {"resolution": "resolutions", "quality": "qualities", "background": "backgrounds"}


class Options(NamedTuple):
    """The options of a request to a model with defaults applied; None where the model has no such choice."""

    quality: str | None
    resolution: str | None
    thinking_level: str | None
    background: str
    output_format: str | None


def is_available(model: CatalogueModel) -> bool:
    """Return whether images can be requested: the model is enabled, has a price, and its provider is configured."""
    return model.enabled and model.credits is not None and registry.is_available(model)


def named(name: str) -> list[CatalogueModel]:
    """Return the model with this id, or every model whose id is this name after the provider and a colon."""
    models = CatalogueModel.objects.with_prices()
    return list(models.filter(pk=name)) or [model for model in models if model.model_id.partition(":")[2] == name]


def options(model: CatalogueModel, request: PictureArguments | Image) -> Options:
    """Return the options of a request to a model, or of an image, without checking that the model supports them.

    An image that was requested when the model had no such choice has the default.
    """
    return Options(
        quality=(request.quality or model.default_quality) if model.qualities else None,
        resolution=(request.resolution or DEFAULT_RESOLUTION) if model.resolutions else None,
        thinking_level=(request.thinking_level or DEFAULT_THINKING_LEVEL) if model.has_thinking else None,
        background=request.background,
        output_format=request.output_format,
    )


def is_same_choice(model: CatalogueModel, request: PictureArguments, image: Image) -> bool:
    """Return whether a request has the options of an image; an omitted option and an explicit default are the same."""
    default_quality = model.default_quality if model.qualities else fixed_quality(model)
    return (
        (request.quality or default_quality) == (image.quality or default_quality)
        and (request.resolution or DEFAULT_RESOLUTION) == (image.resolution or DEFAULT_RESOLUTION)
        and (request.thinking_level or DEFAULT_THINKING_LEVEL) == (image.thinking_level or DEFAULT_THINKING_LEVEL)
        and (request.background, request.output_format) == (image.background, image.output_format)
    )


def priced_choices(model: CatalogueModel, options: Options) -> list[str]:
    """Return the values of quality, resolution and thinking level that differ from the model's defaults."""
    defaults = (model.default_quality, DEFAULT_RESOLUTION, DEFAULT_THINKING_LEVEL)
    return [value for value, default in zip(options[:3], defaults, strict=True) if value and value != default]


def price(model: CatalogueModel, arguments: PictureArguments) -> int:
    """Return the price of a request to a model in credits.

    Raises:
        UnsupportedAspectRatio: The model does not have the aspect ratio.
        UnsupportedThinkingLevel: The model does not have deep thinking.
        UnsupportedOption: The model does not have another option, or not in this combination.
    """
    if arguments.aspect_ratio not in model.aspect_ratios:
        raise UnsupportedAspectRatio(model.model_id, model.aspect_ratios)
    if arguments.thinking_level == "deep" and not model.has_thinking:
        raise UnsupportedThinkingLevel(model.model_id)
    resolutions = model.resolutions or [DEFAULT_RESOLUTION]
    if arguments.resolution not in {None, *resolutions}:
        raise _unsupported(model, "resolution", arguments.resolution, resolutions)
    if arguments.quality not in {None, fixed_quality(model), *model.qualities}:
        raise _unsupported(model, "quality", arguments.quality, model.qualities)
    if arguments.background not in model.backgrounds:
        raise _unsupported(model, "background", arguments.background, model.backgrounds)
    price = _price_row(model, arguments)
    if price is None:
        raise UnsupportedOption.combination(model.model_id, [str(price) for price in model.sorted_prices])
    return price.credits


def upstream_cost_cents(image: Image) -> Decimal | None:
    """Return the provider's present price of an image's picture in US cents; None if it is unknown.

    Images of earlier releases have no options, and cost what the model's default combination costs.
    """
    model = CatalogueModel.objects.with_prices().filter(pk=image.model_id).first()
    if model is None:
        return None
    price = _price_row(model, image)
    return price.upstream_cost_cents if price else None


def _price_row(model: CatalogueModel, request: PictureArguments | Image) -> ModelPrice | None:
    chosen = options(model, request)
    return model.price(quality=chosen.quality, resolution=chosen.resolution, thinking_level=chosen.thinking_level)


def fixed_quality(model: CatalogueModel) -> str | None:
    """Return the quality of a model without a choice, where its request names one."""
    quality = model.options.get("quality") if isinstance(model.options, dict) and not model.qualities else None
    return quality if isinstance(quality, str) else None


def _unsupported(model: CatalogueModel, name: str, value: str | None, supported: Sequence[str]) -> UnsupportedOption:
    models = [
        other.model_id
        for other in CatalogueModel.objects.with_prices()
        if is_available(other) and value in getattr(other, OPTION_VALUES[name])
    ]
    return UnsupportedOption.value(model.model_id, name, str(value), supported, models)


def allowed_models(model_ids: Collection[str]) -> list[str] | None:
    """Return the value of `ApiKey.allowed_models` for these models.

    If they are the whole catalogue the value is None, which also allows models that are added later.

    Raises:
        InvalidArguments: The collection is empty, or contains a model that is not in the catalogue.
    """
    known = set(CatalogueModel.objects.values_list("model_id", flat=True))
    unknown = sorted(set(model_ids) - known)
    if unknown:
        raise InvalidArguments([FieldError("allowed_models", f"Unknown model: {', '.join(unknown)}.")])
    if not model_ids:
        raise InvalidArguments([FieldError("allowed_models", "Select at least one model.")])
    return None if known == set(model_ids) else sorted(set(model_ids))


def lowest_price(models: Iterable[CatalogueModel]) -> int:
    """Return the lowest price of an image without options in credits; 0 without models."""
    return min((model.credits for model in models if model.credits), default=0)


def short_name(model_id: str) -> str:
    """Return a model's name for people, its id without the provider and a common suffix: gemini-3-pro."""
    return model_id.rpartition(":")[2].removesuffix("-image-preview").removesuffix("-image")


def set_enabled(model_id: str, *, enabled: bool) -> None:
    """Switch a model on or off for new requests; images that are already queued or running are not affected."""
    CatalogueModel.objects.filter(pk=model_id).update(enabled=enabled)
