"""Start of a purchase: creates the purchase, then the gateway's checkout page; return to that page later."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts.authentication import Caller
from billing import ledger
from billing.exceptions import PackNotFound, PaymentServiceUnavailable, PurchasesDisabled, TooManyPurchases
from billing.models import Pack, Purchase
from billing.payments import registry

OPEN_MAX: Final = 10
OPEN_WINDOW: Final = timedelta(hours=1)


def get_pack(pack_id: int) -> Pack:
    """Return a pack that is on sale.

    Raises:
        PackNotFound: The pack does not exist or is not on sale.
    """
    pack = Pack.objects.filter(pk=pack_id, enabled=True).first()
    if pack is None:
        raise PackNotFound
    return pack


def start(caller: Caller, pack_id: int) -> str:
    """Start a purchase of a pack at its current price; return the URL of the checkout page.

    Raises:
        AccountSuspended, PackNotFound, PurchasesDisabled, TooManyPurchases: No purchase was created.
        PaymentServiceUnavailable: The gateway failed; the purchase is marked as expired.
    """
    caller.require_active()
    gateway = registry.current()
    if gateway is None:
        raise PurchasesDisabled
    purchase = _create(caller, get_pack(pack_id), gateway)
    try:
        checkout = registry.gateway_for(purchase).create_checkout(purchase, caller.email)
    except PaymentServiceUnavailable:
        # If the gateway created a checkout despite the error, its URL is lost and it expires unpaid.
        Purchase.objects.filter(pk=purchase.pk, status=Purchase.Status.OPEN).update(status=Purchase.Status.EXPIRED)
        raise
    Purchase.objects.filter(pk=purchase.pk, session_id=None).update(session_id=checkout.session_id)
    return checkout.url


def resume(caller: Caller, purchase: Purchase) -> str | None:
    """Return the URL of the checkout page of a started purchase; None if the checkout was paid or has expired.

    Raises:
        AccountSuspended, PurchasesDisabled: The purchase cannot be paid.
        PaymentServiceUnavailable: The gateway failed.
    """
    caller.require_active()
    if purchase.session_id is None or purchase.status != Purchase.Status.OPEN:
        return None
    return registry.gateway_for(purchase).checkout_url(purchase.session_id)


def pack_to_retry(purchase: Purchase) -> Pack | None:
    """Return the pack on sale with the credits of an unpaid purchase, at its current price; None if there is none."""
    if purchase.status not in (Purchase.Status.FAILED, Purchase.Status.EXPIRED) or registry.current() is None:
        return None
    return Pack.objects.filter(credits=purchase.credits, enabled=True).first()


@transaction.atomic
def _create(caller: Caller, pack: Pack, gateway: str) -> Purchase:
    account = ledger.lock(caller.user_id)
    recent = Purchase.objects.filter(account=account, created_at__gt=timezone.now() - OPEN_WINDOW)
    if recent.filter(status=Purchase.Status.OPEN).count() >= OPEN_MAX:
        raise TooManyPurchases(OPEN_MAX)
    return Purchase.objects.create(
        account=account,
        gateway=gateway,
        credits=pack.credits,
        price_cents=pack.price_cents,
        created_at=timezone.now(),
    )
