"""Prices of models and the number of images per pack, for the public pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from billing.models import Pack
from images.catalogue import availability
from images.catalogue.options import DEFAULT_RESOLUTION
from images.models import CatalogueModel


class PackYield(NamedTuple):
    """The number of images that a pack pays for at one price, rounded down."""

    pack: Pack
    images: int


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one mode of a model in credits, and the number of images per pack at that price."""

    label: str
    credits: int
    yields: Sequence[PackYield]


class PriceRow(NamedTuple):
    """The prices for one quality and thinking level in credits; None where the model lacks the resolution."""

    label: str
    credits: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Every price of a model: a row for each quality and thinking level, a column for each resolution."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[PriceRow]


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """A model with the price of each of its modes: one, and a second one if it has deep thinking.

    The table is None for a model without other prices.
    """

    model: CatalogueModel
    available: bool
    prices: Sequence[Price]
    # The options of these prices, where there are other ones: medium quality, 1K.
    usual_options: str
    table: PriceTable | None


def models(packs: Sequence[Pack]) -> list[ModelPrices]:
    """Return the enabled models with their prices and the number of images per pack."""
    return [
        ModelPrices(
            model, availability.is_available(model), _prices(model, packs), _usual_options(model), price_table(model)
        )
        for model in CatalogueModel.objects.with_prices().filter(enabled=True)
    ]


def images_from(pack: Pack, models: Sequence[ModelPrices]) -> tuple[int, int]:
    """Return the lowest and the highest number of images that a pack pays for, depending on the model and options."""
    counts = [pack.credits // price.credits for item in models for price in item.model.sorted_prices]
    return min(counts, default=0), max(counts, default=0)


def price_table(model: CatalogueModel) -> PriceTable | None:
    """Return every price of a model; None if thinking is all that changes its price."""
    if len(model.qualities) < 2 and len(model.resolutions) < 2:
        return None
    prices = {price.combination: price.credits for price in model.sorted_prices}
    resolutions: list[str | None] = [*model.resolutions] or [None]
    rows = {(quality, level): _row_label(quality, level) for quality, _, level in prices}
    return PriceTable(
        " and ".join(name for name, has in (("Quality", model.qualities), ("Thinking", model.has_thinking)) if has),
        [resolution or "Credits" for resolution in resolutions],
        [
            PriceRow(label, [prices.get((quality, resolution, level)) for resolution in resolutions])
            for (quality, level), label in rows.items()
        ],
    )


def _row_label(quality: str | None, thinking_level: str | None) -> str:
    thinking = {"default": "standard", "deep": "deep"}.get(thinking_level or "", "")
    return ", ".join(part for part in (quality, thinking) if part).capitalize() or "Every image"


def _usual_options(model: CatalogueModel) -> str:
    quality = f"{model.default_quality} quality" if len(model.qualities) > 1 else ""
    resolution = DEFAULT_RESOLUTION if len(model.resolutions) > 1 else ""
    return ", ".join(part for part in (quality, resolution) if part)


def _prices(model: CatalogueModel, packs: Sequence[Pack]) -> list[Price]:
    modes = [(model.get_speed_display(), model.credits), ("Deep thinking", model.deep_credits)]
    return [
        Price(label, credits, [PackYield(pack, pack.credits // credits) for pack in packs])
        for label, credits in modes
        if credits
    ]
