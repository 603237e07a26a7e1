"""Beginning a purchase: a row of ours first, then a page of the gateway's on which it is paid."""

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
        PackNotFound: There is no such pack, or it is not sold any more.
    """
    found = Pack.objects.filter(pk=pack_id, enabled=True).first()
    if found is None:
        raise PackNotFound
    return found


def start(caller: Caller, pack_id: int) -> str:
    """Begin a purchase of a pack at its present price; return the address of the page on which it is paid.

    Raises:
        AccountSuspended, PackNotFound, SalesClosed, TooManyPurchases: Nothing was begun.
        PaymentsPaused: The gateway did not answer; nothing can be paid for this purchase.
    """
    caller.require_active()
    name = registry.current()
    if name is None:
        raise PurchasesDisabled
    purchase = _create(caller, get_pack(pack_id), name)
    try:
        checkout = registry.gateway_for(purchase).begin(purchase, caller.email)
    except PaymentServiceUnavailable:
        # Should a checkout have been opened all the same, nobody knows its address: it expires.
        Purchase.objects.filter(pk=purchase.pk, status=Purchase.Status.OPEN).update(status=Purchase.Status.EXPIRED)
        raise
    Purchase.objects.filter(pk=purchase.pk, session_id=None).update(session_id=checkout.session_id)
    return checkout.url


@transaction.atomic
def _create(caller: Caller, pack: Pack, gateway: str) -> Purchase:
    account = ledger.lock(caller.user_id)
    lately = Purchase.objects.filter(account=account, created_at__gt=timezone.now() - OPEN_WINDOW)
    if lately.filter(status=Purchase.Status.OPEN).count() >= OPEN_MAX:
        raise TooManyPurchases(OPEN_MAX)
    return Purchase.objects.create(
        account=account,
        gateway=gateway,
        credits=pack.credits,
        price_cents=pack.price_cents,
        created_at=timezone.now(),
    )
