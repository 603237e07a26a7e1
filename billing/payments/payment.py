"""The state of a payment at its gateway, and the credits to claw back for returned money."""

import uuid
from dataclasses import dataclass
from typing import Final

from billing.models import Purchase

CURRENCY: Final = "usd"


@dataclass(frozen=True, slots=True)
class Payment:
    """The current state of one payment.

    Amounts are in cents of `currency`. `disputed_cents` is money that a bank holds or has taken because of a dispute.
    """

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
        """Return whether the payment belongs to the purchase and has its price and currency."""
        return (self.purchase_id, self.amount_cents, self.currency) == (purchase.pk, purchase.price_cents, CURRENCY)


def credits_to_claw_back(*, credits: int, paid_cents: int, returned_cents: int) -> int:
    """Return how many of a purchase's credits to claw back in total for returned money: the share rounded down."""
    return min(credits, credits * returned_cents // paid_cents)
