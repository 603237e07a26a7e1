"""The options and the price of a request to a model."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from images.catalogue.availability import is_available
from images.catalogue.options import DEFAULT_RESOLUTION, DEFAULT_THINKING_LEVEL
from images.exceptions import (
    EditsUnsupported,
    TooManySources,
    UnsupportedAspectRatio,
    UnsupportedOption,
    UnsupportedThinkingLevel,
)
from images.models import CatalogueModel, Image, ModelPrice
from images.schemas import PictureArguments

# The attribute of a model with the values of each option.
OPTION_VALUES: Final = {"resolution": "resolutions", "quality": "qualities", "background": "backgrounds"}
# An edit of up to this number of pictures costs as much as a generation; each additional group of up to four costs one
# credit more.
SOURCES_IN_PRICE: Final = 4

EditProblem = Literal["no edits", "too many sources", "no mask"]


class Options(NamedTuple):
    """The options of a request to a model with defaults applied; None where the model has no such choice."""

    quality: str | None
    resolution: str | None
    thinking_level: str | None
    background: str
    output_format: str | None


def options(model: CatalogueModel, request: PictureArguments | Image) -> Options:
    """Return the options of a request to a model, or of an image, without checking that the model supports them.

    An image that was requested when the model had no such choice has the default.
    """
    quality, resolution, thinking_level = model.combination(
        quality=request.quality, resolution=request.resolution, thinking_level=request.thinking_level
    )
    return Options(quality, resolution, thinking_level, request.background, request.output_format)


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
    chosen = zip(options[:3], model.default_combination, strict=True)
    return [value for value, default in chosen if value and value != default]


def credits(price: ModelPrice, *, sources: int) -> int:
    """Return what an image with these options costs in credits if it is made from this number of pictures."""
    return price.credits - (-max(0, sources - SOURCES_IN_PRICE) // SOURCES_IN_PRICE)


def price(model: CatalogueModel, arguments: PictureArguments, *, sources: int = 0, has_mask: bool = False) -> int:
    """Return the price of a request to a model in credits; `sources` is the number of pictures without the mask.

    Raises:
        UnsupportedAspectRatio: The model does not have the aspect ratio.
        UnsupportedThinkingLevel: The model does not have deep thinking.
        UnsupportedOption: The model does not have another option, or not in this combination, or accepts no mask.
        EditsUnsupported: The model cannot edit.
        TooManySources: It accepts fewer pictures.
    """
    price = _supported_price(model, arguments)
    if sources:
        _check_edit(model, sources=sources, has_mask=has_mask)
    return credits(price, sources=sources)


def _supported_price(model: CatalogueModel, arguments: PictureArguments) -> ModelPrice:
    if arguments.aspect_ratio not in {"auto", *model.aspect_ratios}:
        raise UnsupportedAspectRatio(model.model_id, model.aspect_ratios)
    name = unsupported_option(model, arguments)
    if name == "thinking_level":
        raise UnsupportedThinkingLevel(model.model_id)
    if name is not None:
        raise _unsupported(model, name, getattr(arguments, name))
    price = _price_row(model, arguments)
    if price is None:
        raise UnsupportedOption.combination(model.model_id, [str(price) for price in model.sorted_prices])
    return price


def unsupported_option(model: CatalogueModel, request: PictureArguments) -> str | None:
    """Return the name of the first option whose value a model has in no combination; None if there is none."""
    supported: dict[str, set[str | None]] = {
        "thinking_level": {None, DEFAULT_THINKING_LEVEL, *model.thinking_levels},
        "resolution": {None, *(model.resolutions or [DEFAULT_RESOLUTION])},
        "quality": {None, fixed_quality(model), *model.qualities},
        "background": {*model.backgrounds},
    }
    return next((name for name, values in supported.items() if getattr(request, name) not in values), None)


def edit_problem(model: CatalogueModel, *, sources: int, has_mask: bool) -> EditProblem | None:
    """Return why a model cannot edit this number of pictures, with a mask if there is one; None if it can."""
    if not model.max_sources:
        return "no edits"
    if sources > model.max_sources:
        return "too many sources"
    return "no mask" if has_mask and not model.takes_mask else None


def _check_edit(model: CatalogueModel, *, sources: int, has_mask: bool) -> None:
    match edit_problem(model, sources=sources, has_mask=has_mask):
        case "no edits":
            raise EditsUnsupported(model.model_id, _available(max_sources__gte=sources))
        case "too many sources":
            raise TooManySources(model.model_id, limit=model.max_sources, models=_available(max_sources__gte=sources))
        case "no mask":
            raise UnsupportedOption.mask(model.model_id, _available(takes_mask=True, max_sources__gte=sources))


def _available(**conditions: Any) -> list[str]:
    models = CatalogueModel.objects.with_prices().filter(**conditions)
    return [model.model_id for model in models if is_available(model)]


def upstream_cost_cents(image: Image) -> Decimal | None:
    """Return the provider's current price of an image's picture in US cents; None if it is unknown.

    Images of earlier releases have no options, and cost what the model's default combination costs.
    """
    model = CatalogueModel.objects.with_prices().filter(pk=image.model_id).first()
    if model is None:
        return None
    price = _price_row(model, image)
    return price.upstream_cost_cents if price else None


def _price_row(model: CatalogueModel, request: PictureArguments | Image) -> ModelPrice | None:
    return model.price(quality=request.quality, resolution=request.resolution, thinking_level=request.thinking_level)


def fixed_quality(model: CatalogueModel) -> str | None:
    """Return the quality that the catalogue fixes for a model without a choice, if any."""
    quality = model.options.get("quality") if isinstance(model.options, dict) and not model.qualities else None
    return quality if isinstance(quality, str) else None


def _unsupported(model: CatalogueModel, name: str, value: str) -> UnsupportedOption:
    own = getattr(model, OPTION_VALUES[name]) or ([DEFAULT_RESOLUTION] if name == "resolution" else [])
    models = [
        other.model_id
        for other in CatalogueModel.objects.with_prices()
        if is_available(other) and value in getattr(other, OPTION_VALUES[name])
    ]
    return UnsupportedOption.value(model.model_id, name, value, own, models)


def lowest_price(models: Iterable[CatalogueModel]) -> int:
    """Return the lowest price of an image with any options in credits; 0 without models."""
    return min((price.credits for model in models for price in model.prices.all()), default=0)
