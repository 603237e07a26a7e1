"""Prices of models and the number of images per pack, for the public pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from billing.models import Pack
from images import catalogue
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


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """A model with the price of each of its modes: one, and a second one if it has deep thinking."""

    model: CatalogueModel
    available: bool
    prices: Sequence[Price]


def models(packs: Sequence[Pack]) -> list[ModelPrices]:
    """Return the enabled models with their prices and the number of images per pack."""
    return [
        ModelPrices(model, catalogue.is_available(model), _prices(model, packs))
        for model in CatalogueModel.objects.with_prices().filter(enabled=True)
    ]


def images_from(pack: Pack, models: Sequence[ModelPrices]) -> tuple[int, int]:
    """Return the lowest and the highest number of images that a pack pays for, depending on the model."""
    prices = (price for model in models for price in model.prices)
    counts = [pack_yield.images for price in prices for pack_yield in price.yields if pack_yield.pack == pack]
    return min(counts, default=0), max(counts, default=0)


def _prices(model: CatalogueModel, packs: Sequence[Pack]) -> list[Price]:
    modes = [(model.get_speed_display(), model.credits), ("Deep thinking", model.deep_credits)]
    return [
        Price(label, credits, [PackYield(pack, pack.credits // credits) for pack in packs])
        for label, credits in modes
        if credits
    ]
