"""Packs on sale, with the price per credit and the saving of each."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from billing.models import Pack

SUGGESTED_CREDITS: Final = 500


class PackOffer(NamedTuple):
    """A pack on sale.

    `cents_each` is the price per credit in US cents; `saving_percent` compares it with the most expensive pack.
    """

    pack: Pack
    cents_each: Decimal
    saving_percent: int
    is_suggested: bool


def on_sale() -> list[PackOffer]:
    """Return the enabled packs, the smallest first."""
    return compare(list(Pack.objects.filter(enabled=True)))


def compare(packs: Sequence[Pack]) -> list[PackOffer]:
    """Return an offer for each pack, compared with the pack that costs most per credit."""
    highest = max((_cents_each(pack) for pack in packs), default=Decimal(1))
    return [
        PackOffer(
            pack,
            _cents_each(pack),
            saving_percent=int(100 * (1 - _cents_each(pack) / highest)),
            is_suggested=pack.credits == SUGGESTED_CREDITS,
        )
        for pack in packs
    ]


def _cents_each(pack: Pack) -> Decimal:
    return Decimal(pack.price_cents) / pack.credits
