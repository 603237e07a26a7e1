"""What models cost and how many images a pack makes with each, as the public pages show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from billing.models import Pack
from images import catalogue
from images.models import CatalogueModel


class PackYield(NamedTuple):
    """How many images a pack makes, rounded down."""

    pack: Pack
    images: int


@dataclass(frozen=True, slots=True)
class Price:
    """One way to use a model: its price in credits, and what each pack makes at that price."""

    label: str
    credits: int
    yields: Sequence[PackYield]


@dataclass(frozen=True, slots=True)
class ModelPrices:
    """A model with its prices: one, or a second one with deep thinking."""

    model: CatalogueModel
    available: bool
    prices: Sequence[Price]


def models(packs: Sequence[Pack]) -> list[ModelPrices]:
    """Return the models that are switched on, with what each pack makes of them, rounded down."""
    return [
        ModelPrices(model, catalogue.is_available(model), _prices(model, packs))
        for model in CatalogueModel.objects.filter(enabled=True)
    ]


def images_from(pack: Pack, models: Sequence[ModelPrices]) -> tuple[int, int]:
    """Return the fewest and the most images that a pack makes, by what is chosen."""
    made = [each.images for model in models for price in model.prices for each in price.yields if each.pack == pack]
    return min(made, default=0), max(made, default=0)


def _prices(model: CatalogueModel, packs: Sequence[Pack]) -> list[Price]:
    ways = [(model.get_speed_display(), model.credits)]
    if model.deep_credits is not None:
        ways.append(("Deep thinking", model.deep_credits))
    return [
        Price(label, credits, [PackYield(pack, pack.credits // credits) for pack in packs]) for label, credits in ways
    ]
