"""A payment as its gateway sees it now, and how many credits go back with money: values in, values out."""

import uuid
from dataclasses import dataclass
from typing import Final

from billing.models import Purchase

CURRENCY: Final = "usd"


@dataclass(frozen=True, slots=True)
class Payment:
    """The present state of one payment. Amounts are in cents; disputed ones are those a bank has taken or holds."""

    session_id: str
    purchase_id: uuid.UUID | None
    status: Purchase.Status
    amount_cents: int
    currency: str
    payment_id: str | None = None
    paid_with: str = ""
    refunded_cents: int = 0
    disputed_cents: int = 0
    dispute: Purchase.Dispute = Purchase.Dispute.NONE

    def pays_for(self, purchase: Purchase) -> bool:
        """Tell whether this is the purchase's own payment, of its price in its currency."""
        return (self.purchase_id, self.amount_cents, self.currency) == (purchase.pk, purchase.price_cents, CURRENCY)


def credits_to_claw_back(*, credits: int, paid_cents: int, returned_cents: int) -> int:
    """Return how many of a pack's credits go back with money, in all: rounded down, and never more than there were."""
    return min(credits, credits * returned_cents // paid_cents)
