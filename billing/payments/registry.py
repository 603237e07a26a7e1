"""The available payment gateways, and which of them is configured."""

from collections.abc import Mapping
from typing import Final

from django.conf import settings

from billing.exceptions import PurchasesDisabled
from billing.models import Purchase
from billing.payments import sales
from billing.payments.gateway import Gateway
from billing.payments.simulated_gateway import SimulatedGateway
from billing.payments.stripe_gateway import StripeGateway

STRIPE: Final = "stripe"
SIMULATED: Final = "simulated"
GATEWAYS: Final[Mapping[str, Gateway]] = {STRIPE: StripeGateway(), SIMULATED: SimulatedGateway()}


def current() -> str | None:
    """Return the name of the gateway for new purchases: Stripe with a key, the simulation with DEBUG, else None."""
    if not sales.is_open():
        return None
    return STRIPE if settings.STRIPE_SECRET_KEY else SIMULATED


def gateway_for(purchase: Purchase) -> Gateway:
    """Return the gateway that a purchase was started with.

    Raises:
        PurchasesDisabled: The gateway is no longer configured.
    """
    if purchase.gateway == STRIPE and not settings.STRIPE_SECRET_KEY:
        raise PurchasesDisabled
    return GATEWAYS[purchase.gateway]
