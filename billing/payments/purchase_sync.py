"""Synchronization of a purchase and the ledger with the payment at the gateway.

Responses of the gateway can arrive late and out of order. Each sync therefore takes a number before it sends its
request. If a sync with a higher number was applied before, its response is at least as new, and this one is discarded.
"""

import logging
import uuid
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import ledger
from billing.exceptions import NothingToSync
from billing.models import Purchase
from billing.payments import registry
from billing.payments.payment import Payment, credits_to_claw_back

logger = logging.getLogger(__name__)

# Less than the 3 s interval at which an open purchase page refreshes.
PAGE_PAUSE_SECONDS: Final = 2


def sync(purchase_id: uuid.UUID) -> Purchase:
    """Fetch the payment of a purchase and bring the purchase and the ledger to its state.

    A paid purchase is credited once. Credits are clawed back when money is returned, and reinstated when a refund fails
    or a dispute is won. Repeated and concurrent calls have no further effect.

    Raises:
        NothingToSync: The purchase has no checkout.
        PaymentServiceUnavailable, PurchasesDisabled: The payment could not be fetched; nothing was changed.
    """
    purchase = Purchase.objects.get(pk=purchase_id)
    if purchase.session_id is None:
        raise NothingToSync
    number = _next_number(purchase)
    payment = registry.gateway_for(purchase).get_payment(purchase.session_id)
    with transaction.atomic():
        ledger.lock_account(purchase.account_id)
        newer = Purchase.objects.filter(pk=purchase.pk, last_applied_sync__lt=number)
        is_newest = newer.update(last_applied_sync=number)
        purchase.refresh_from_db()
        if is_newest:
            _apply(purchase, payment)
    return purchase


def sync_for_page(purchase: Purchase) -> Purchase:
    """Sync a purchase for its page, at most once per PAGE_PAUSE_SECONDS; else return it unchanged.

    The pause limits how often page views call the gateway, whose rate limit is shared by all users.

    Raises:
        NothingToSync, PaymentServiceUnavailable, PurchasesDisabled: As in sync.
    """
    is_first = cache.add(f"billing.page:{purchase.pk}", value=True, timeout=PAGE_PAUSE_SECONDS)
    return sync(purchase.pk) if is_first else purchase


def _next_number(purchase: Purchase) -> int:
    with transaction.atomic():
        Purchase.objects.filter(pk=purchase.pk).update(syncs_started=F("syncs_started") + 1)
        return Purchase.objects.values_list("syncs_started", flat=True).get(pk=purchase.pk)


def _apply(purchase: Purchase, payment: Payment) -> None:
    old_status = purchase.status
    # A paid purchase stays paid.
    if purchase.status != Purchase.Status.PAID:
        _apply_status(purchase, payment)
    purchase.payment_id = payment.payment_id or purchase.payment_id
    purchase.paid_with = payment.paid_with[:80] if purchase.account.user_id else ""
    if purchase.status == Purchase.Status.PAID:
        _apply_returned_money(purchase, payment)
    purchase.save()
    if purchase.status != old_status:
        logger.info("purchase %s: %s", purchase.pk, purchase.status)


def _apply_status(purchase: Purchase, payment: Payment) -> None:
    purchase.status = payment.status
    if payment.status != Purchase.Status.PAID:
        return
    if not payment.pays_for(purchase):
        purchase.status = Purchase.Status.REVIEW
        logger.error("purchase %s: the payment does not match the purchase, its price or its currency", purchase.pk)
        return
    if purchase.account.user_id is None:
        logger.error("purchase %s: paid after the account was deleted; refund it", purchase.pk)
    purchase.paid_at = timezone.now()
    ledger.purchase(purchase.account_id, credits=purchase.credits, purchase_id=purchase.pk)


def _apply_returned_money(purchase: Purchase, payment: Payment) -> None:
    """Claw back or reinstate credits until the total clawed back matches the money returned."""
    target = credits_to_claw_back(
        credits=purchase.credits,
        paid_cents=purchase.price_cents,
        returned_cents=payment.refunded_cents + payment.disputed_cents,
    )
    change = target - purchase.credits_clawed_back
    is_disputed = payment.disputed_cents > purchase.disputed_cents
    if change > 0:
        purchase.credits_removed += ledger.claw_back(
            purchase.account_id, credits=change, purchase_id=purchase.pk, is_disputed=is_disputed
        )
    elif change < 0:
        ledger.reinstate(purchase.account_id, credits=-change, purchase_id=purchase.pk)
        # Reinstated credits repay the debt first.
        purchase.credits_removed = min(purchase.credits_removed, target)
    purchase.credits_clawed_back = target
    purchase.refunded_cents, purchase.disputed_cents = payment.refunded_cents, payment.disputed_cents
    purchase.dispute = payment.dispute
