"""The one function that brings a purchase and the ledger to what its gateway says, whoever asked for it.

Answers may come late and out of order. So each look at the gateway takes a number before it asks, and an answer counts
only if none with a later number has: what the later one saw includes whatever made the earlier one look.
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

# Shorter than the pause between two looks of an open page.
PAGE_PAUSE_SECONDS: Final = 2


def sync(purchase_id: uuid.UUID) -> Purchase:
    """Ask the gateway what became of a purchase, and make it so: credit it once, take back what went back.

    It may be called by anybody, at any time, as often as one likes, also at the same moment.

    Raises:
        NothingToSettle: No checkout was opened for it.
        PaymentsPaused, SalesClosed: The gateway could not be asked; nothing was changed.
    """
    purchase = Purchase.objects.get(pk=purchase_id)
    if purchase.session_id is None:
        raise NothingToSync
    number = _next_look(purchase)
    payment = registry.gateway_for(purchase).payment(purchase.session_id)
    with transaction.atomic():
        ledger.lock_account(purchase.account_id)
        counts = Purchase.objects.filter(pk=purchase.pk, last_look__lt=number).update(last_look=number)
        purchase.refresh_from_db()
        if counts:
            _apply(purchase, payment)
    return purchase


def sync_for_page(purchase: Purchase) -> Purchase:
    """Settle what a page shows, or leave it as it is if another page has just asked.

    A page is asked for as often as somebody likes; the gateway answers only so many questions a second, of everybody.

    Raises:
        NothingToSettle, PaymentsPaused, SalesClosed: As settle does.
    """
    is_first = cache.add(f"billing.page:{purchase.pk}", value=True, timeout=PAGE_PAUSE_SECONDS)
    return sync(purchase.pk) if is_first else purchase


def _next_look(purchase: Purchase) -> int:
    with transaction.atomic():
        Purchase.objects.filter(pk=purchase.pk).update(looks=F("looks") + 1)
        return Purchase.objects.values_list("looks", flat=True).get(pk=purchase.pk)


def _apply(purchase: Purchase, payment: Payment) -> None:
    before = purchase.status
    if purchase.status != Purchase.Status.PAID:
        _take_status(purchase, payment)
    purchase.payment_id = payment.payment_id or purchase.payment_id
    purchase.paid_with = payment.paid_with[:80] if purchase.account.user_id else ""
    if purchase.status == Purchase.Status.PAID:
        _return_credits(purchase, payment)
    purchase.save()
    if purchase.status != before:
        logger.info("purchase %s: %s", purchase.pk, purchase.status)


def _take_status(purchase: Purchase, payment: Payment) -> None:
    purchase.status = payment.status
    if payment.status != Purchase.Status.PAID:
        return
    if not payment.pays_for(purchase):
        purchase.status = Purchase.Status.REVIEW
        logger.error("purchase %s: the payment is not for this purchase, price and currency", purchase.pk)
        return
    if purchase.account.user_id is None:
        logger.error("purchase %s: paid after the account was deleted; refund it", purchase.pk)
    purchase.paid_at = timezone.now()
    ledger.purchase(purchase.account_id, credits=purchase.credits, purchase_id=purchase.pk)


def _return_credits(purchase: Purchase, payment: Payment) -> None:
    """Take back the credits whose money has gone back, or give again those whose money has come again."""
    gone = credits_to_claw_back(
        credits=purchase.credits,
        paid_cents=purchase.price_cents,
        returned_cents=payment.refunded_cents + payment.disputed_cents,
    )
    if gone > purchase.credits_taken_back:
        more = gone - purchase.credits_taken_back
        ledger.claw_back(purchase.account_id, credits=more, purchase_id=purchase.pk)
    elif gone < purchase.credits_taken_back:
        again = purchase.credits_taken_back - gone
        ledger.reinstate(purchase.account_id, credits=again, purchase_id=purchase.pk)
    purchase.credits_taken_back = gone
    purchase.refunded_cents, purchase.disputed_cents = payment.refunded_cents, payment.disputed_cents
    purchase.dispute = payment.dispute
