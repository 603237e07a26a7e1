"""Which gateway handles payments here: Stripe where its key is set, the simulation in development, else none."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings

from billing.exceptions import PurchasesDisabled
from billing.models import Purchase
from billing.payments.gateway import Gateway
from billing.payments.simulated_gateway import SimulatedGateway
from billing.payments.stripe_gateway import StripeGateway

STRIPE: Final = "stripe"
SIMULATED: Final = "simulated"
GATEWAYS: Final[Mapping[str, Gateway]] = {STRIPE: StripeGateway(), SIMULATED: SimulatedGateway()}


def current() -> str | None:
    """Return the name of the gateway that new purchases go to, None where nothing can be bought."""
    if settings.STRIPE_SECRET_KEY:
        return STRIPE
    return SIMULATED if settings.DEBUG else None


def gateway_for(purchase: Purchase) -> Gateway:
    """Return the gateway that a purchase was begun with.

    Raises:
        SalesClosed: It is not set up any more.
    """
    if purchase.gateway == STRIPE and not settings.STRIPE_SECRET_KEY:
        raise PurchasesDisabled
    return GATEWAYS[purchase.gateway]
