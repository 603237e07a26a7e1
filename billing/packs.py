"""The packs on sale, each beside the others: what one credit of it costs, and what it saves."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from billing.models import Pack

SUGGESTED_CREDITS: Final = 500


class PackOffer(NamedTuple):
    """A pack; `saving_percent` compares a credit of it with one of the dearest pack."""

    pack: Pack
    cents_each: Decimal
    saving_percent: int
    is_suggested: bool


def on_sale() -> list[PackOffer]:
    """Return what can be bought, the smallest pack first."""
    return compare(list(Pack.objects.filter(enabled=True)))


def compare(packs: Sequence[Pack]) -> list[PackOffer]:
    """Return these packs as offers."""
    dearest = max((_cents_each(pack) for pack in packs), default=Decimal(1))
    return [
        PackOffer(
            pack,
            _cents_each(pack),
            saving_percent=int(100 * (1 - _cents_each(pack) / dearest)),
            is_suggested=pack.credits == SUGGESTED_CREDITS,
        )
        for pack in packs
    ]


def _cents_each(pack: Pack) -> Decimal:
    return Decimal(pack.price_cents) / pack.credits
