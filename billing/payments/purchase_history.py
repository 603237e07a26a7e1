"""A user's own purchases, newest first, and their totals."""

import uuid
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Least

from accounts.models import User
from billing.exceptions import PurchaseNotFound
from billing.models import Purchase
from billing.money import dollars

PAGE_PURCHASES: Final = 20


@dataclass(frozen=True, slots=True)
class PurchaseTotals:
    """The number of paid purchases, and the US cents paid for them and returned since."""

    purchases: int
    cents: int
    returned_cents: int

    @property
    def label(self) -> str:
        return dollars(self.cents)

    @property
    def returned_label(self) -> str:
        return dollars(self.returned_cents)


@dataclass(frozen=True, slots=True)
class ReturnedCredits:
    """Credits of a returned payment: those deducted from the balance, and those that had been spent before."""

    removed: int
    already_spent: int


def owned_by(user: User) -> QuerySet[Purchase]:
    """Return the user's purchases that have a checkout, newest first."""
    purchases = Purchase.objects.filter(account__user=user).exclude(session_id=None)
    return purchases.order_by("-created_at", "-id")


def find(user: User, purchase_id: uuid.UUID) -> Purchase:
    """Return one of the user's purchases.

    Raises:
        PurchaseNotFound: The user has no purchase with this id.
    """
    purchase = Purchase.objects.filter(account__user=user, pk=purchase_id).first()
    if purchase is None:
        raise PurchaseNotFound
    return purchase


def page(user: User, *, before: uuid.UUID | None = None) -> tuple[list[Purchase], uuid.UUID | None]:
    """Return a page of purchases older than `before`, and the `before` of the next page (None on the last page)."""
    purchases = owned_by(user)
    last = purchases.filter(pk=before).first() if before else None
    if last is not None:
        purchases = purchases.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    # One more than a page shows whether there is a next page.
    rows = list(purchases[: PAGE_PURCHASES + 1])
    page = rows[:PAGE_PURCHASES]
    return page, page[-1].pk if len(rows) > len(page) else None


def totals(user: User) -> PurchaseTotals:
    """Return the number of the user's paid purchases, the money paid for them and the money returned since."""
    # As Purchase.returned_cents.
    returned = Least(F("price_cents"), F("refunded_cents") + F("disputed_cents"))
    totals = Purchase.objects.filter(account__user=user, status=Purchase.Status.PAID).aggregate(
        purchases=Count("pk"), cents=Sum("price_cents", default=0), returned=Sum(returned, default=0)
    )
    return PurchaseTotals(totals["purchases"], totals["cents"], totals["returned"])


def returned_credits(purchase: Purchase) -> ReturnedCredits:
    """Return how many of the credits clawed back with a payment came out of the balance; the others became a debt."""
    # The previous release lowers credits_clawed_back alone.
    removed = min(purchase.credits_removed, purchase.credits_clawed_back)
    return ReturnedCredits(removed, purchase.credits_clawed_back - removed)
