"""What a user has bought: their own purchases, newest first."""

import uuid
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Least

from accounts.models import User
from billing.exceptions import PurchaseNotFound
from billing.models import Purchase

PAGE_PURCHASES: Final = 20


@dataclass(frozen=True, slots=True)
class PurchaseTotals:
    """How many purchases were paid, and what they cost less what went back, in US cents."""

    purchases: int
    cents: int

    @property
    def label(self) -> str:
        return f"${self.cents / 100:,.2f}"


def owned_by(user: User) -> QuerySet[Purchase]:
    """Return the user's purchases, newest first. Those that came to no payment page are left out."""
    own = Purchase.objects.filter(account__user=user).exclude(session_id=None)
    return own.order_by("-created_at", "-id")


def find(user: User, purchase_id: uuid.UUID) -> Purchase:
    """Return one of the user's purchases.

    Raises:
        PurchaseNotFound: The user has none with this id.
    """
    purchase = Purchase.objects.filter(account__user=user, pk=purchase_id).first()
    if purchase is None:
        raise PurchaseNotFound
    return purchase


def page(user: User, *, before: uuid.UUID | None = None) -> tuple[list[Purchase], uuid.UUID | None]:
    """Return a page of purchases, and the one after which the next page begins (None at the end)."""
    purchases = owned_by(user)
    last = purchases.filter(pk=before).first() if before else None
    if last is not None:
        purchases = purchases.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    found = list(purchases[: PAGE_PURCHASES + 1])
    shown = found[:PAGE_PURCHASES]
    return shown, shown[-1].pk if len(found) > len(shown) else None


def totals(user: User) -> PurchaseTotals:
    """Return what the user has paid in all. A bank may take what was refunded already: no more goes back than came."""
    back = Least(F("price_cents"), F("refunded_cents") + F("disputed_cents"))
    totals = Purchase.objects.filter(account__user=user, status=Purchase.Status.PAID).aggregate(
        purchases=Count("pk"), cents=Sum("price_cents", default=0), back=Sum(back, default=0)
    )
    return PurchaseTotals(totals["purchases"], totals["cents"] - totals["back"])
