"""Interface of a payment gateway, implemented by Stripe and by the simulation for development."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from django.conf import settings
from django.urls import reverse

from billing.models import Purchase
from billing.payments.payment import Payment

# An unpaid checkout expires after this time. Stripe accepts no less than 30 minutes.
CHECKOUT_LIFETIME_MINUTES: Final = 60


class Checkout(NamedTuple):
    """A page of the gateway on which a purchase is paid."""

    session_id: str
    url: str


class Gateway(Protocol):
    """A payment gateway. Each method returns the current state and may raise PaymentServiceUnavailable."""

    def create_checkout(self, purchase: Purchase, email: str) -> Checkout:
        """Create the checkout of a purchase, or return the existing one."""

    def checkout_url(self, session_id: str) -> str | None:
        """Return the URL of an open checkout, None if it was paid or has expired."""

    def get_payment(self, session_id: str) -> Payment:
        """Return the payment of a checkout."""

    def find_session(self, payment_id: str) -> str | None:
        """Return the session id of the checkout that created a payment, None if no checkout did."""

    def receipt_url(self, session_id: str) -> str | None:
        """Return the URL of the receipt of a checkout, None if there is none yet."""

    def list_sessions_since(self, moment: datetime) -> Iterator[str]:
        """Yield the session ids of checkouts that were created, refunded or disputed since a moment."""


def return_url(purchase: Purchase) -> str:
    """Return the absolute URL of the purchase's page, to which the checkout redirects."""
    return settings.SITE_URL + reverse("purchase", args=[purchase.pk])
