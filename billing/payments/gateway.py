"""What is asked of whoever handles payments, be it Stripe or its simulation."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from django.conf import settings
from django.urls import reverse

from billing.models import Purchase
from billing.payments.payment import Payment

# Whoever has not paid within this time begins anew; Stripe takes nothing under half an hour.
CHECKOUT_LIFETIME_MINUTES: Final = 60


class Checkout(NamedTuple):
    """A page on which a purchase is paid."""

    session_id: str
    url: str


class Gateway(Protocol):
    """Each call is about the present, and may raise PaymentsPaused when the service cannot be asked."""

    def begin(self, purchase: Purchase, email: str) -> Checkout:
        """Open a checkout for a purchase. The same purchase a second time has the same checkout."""

    def payment(self, session_id: str) -> Payment:
        """Return the payment of a checkout as it is now."""

    def session_of(self, payment_id: str) -> str | None:
        """Return the checkout that a payment came from, None if it came from none."""

    def receipt_url(self, session_id: str) -> str | None:
        """Return where the receipt of a checkout is to be seen, None if there is none yet."""

    def sessions_since(self, moment: datetime) -> Iterator[str]:
        """Yield the checkouts that were begun since then, and those whose money was refunded or disputed since."""


def return_url(purchase: Purchase) -> str:
    """Return the page that says what is known of a purchase: where a checkout leads when it is done."""
    return settings.SITE_URL + reverse("purchase", args=[purchase.pk])
