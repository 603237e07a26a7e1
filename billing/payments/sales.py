"""Whether credits can be bought on this site, and what to do where they cannot."""

from django.conf import settings

from accounts import support


def is_open() -> bool:
    """Return whether a payment gateway is configured: Stripe with a key, the simulation with DEBUG."""
    return bool(settings.STRIPE_SECRET_KEY or settings.DEBUG)


def purchase_url() -> str | None:
    """Return the URL of the page that sells credits; None without a gateway."""
    return f"{settings.SITE_URL}/dashboard/billing/" if is_open() else None


def advice_when_closed() -> str:
    """Return the advice on how to get credits without a gateway, with the support contact if set."""
    contact = support.contact()
    return f"Ask the site's operator for credits{f': {contact.name}' if contact else ''}."
