"""Payments through Stripe's hosted checkout page, with Stripe's own SDK.

Wire formats: docs.stripe.com/api/checkout/sessions, /charges and /disputes.
"""

import contextlib
import functools
import itertools
import logging
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import stripe
from django.conf import settings

from billing.exceptions import PaymentServiceUnavailable
from billing.models import Purchase
from billing.payments.gateway import CHECKOUT_LIFETIME_MINUTES, Checkout, return_url
from billing.payments.payment import CURRENCY, Payment

logger = logging.getLogger(__name__)

CALL_TIMEOUT_SECONDS: Final = 20
RETRIES: Final = 2
PAGE_ITEMS: Final = 100
PAYMENT: Final = ["payment_intent.latest_charge"]
# An inquiry takes no money yet, and one that was won has given it back.
DISPUTES_THAT_TAKE_NOTHING: Final = frozenset(
    {"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"}
)


class StripeGateway:
    """Asks Stripe, with the key of the settings."""

    def begin(self, purchase: Purchase, email: str) -> Checkout:
        marks = {"purchase": str(purchase.pk)}
        price = {
            "currency": CURRENCY,
            "unit_amount": purchase.price_cents,
            "product_data": {"name": f"{purchase.credits:,} credits"},
        }
        parameters: Any = {
            "mode": "payment",
            "client_reference_id": str(purchase.pk),
            "customer_email": email,
            "line_items": [{"quantity": 1, "price_data": price}],
            "metadata": marks,
            "payment_intent_data": {"metadata": marks},
            "invoice_creation": {"enabled": True},
            "expires_at": int(time.time()) + CHECKOUT_LIFETIME_MINUTES * 60,
            "success_url": return_url(purchase),
            "cancel_url": return_url(purchase),
        }
        with _paused_when_away():
            session = _client().v1.checkout.sessions.create(parameters, {"idempotency_key": str(purchase.pk)})
        if not session.url:
            raise PaymentServiceUnavailable
        return Checkout(session.id, session.url)

    def payment(self, session_id: str) -> Payment:
        with _paused_when_away():
            session = _client().v1.checkout.sessions.retrieve(session_id, {"expand": PAYMENT})
            intent: Any = session.payment_intent
            disputes = _disputes(intent)
        charge = intent.latest_charge if intent else None
        return Payment(
            session_id=session.id,
            purchase_id=purchase_id(session.client_reference_id),
            status=_status(session, intent),
            amount_cents=session.amount_total or 0,
            currency=session.currency or "",
            payment_id=intent.id if intent else None,
            paid_with=_paid_with(intent, charge),
            refunded_cents=charge.amount_refunded if charge else 0,
            disputed_cents=sum(each.amount for each in disputes if each.status not in DISPUTES_THAT_TAKE_NOTHING),
            dispute=_dispute([each.status for each in disputes]),
        )

    def session_of(self, payment_id: str) -> str | None:
        with _paused_when_away():
            found = _client().v1.checkout.sessions.list({"payment_intent": payment_id, "limit": 1})
        return found.data[0].id if found.data else None

    def receipt_url(self, session_id: str) -> str | None:
        with _paused_when_away():
            session = _client().v1.checkout.sessions.retrieve(session_id, {"expand": ["invoice", *PAYMENT]})
        invoice: Any = session.invoice
        intent: Any = session.payment_intent
        charge = intent.latest_charge if intent else None
        return (invoice and invoice.invoice_pdf) or (charge and charge.receipt_url) or None

    def sessions_since(self, moment: datetime) -> Iterator[str]:
        window: Any = {"created": {"gte": int(moment.timestamp())}, "limit": PAGE_ITEMS}
        failed: Any = {**window, "type": "refund.failed"}
        v1 = _client().v1
        with _paused_when_away():
            for session in v1.checkout.sessions.list(window).auto_paging_iter():
                yield session.id
            # A refund may fail weeks after it was made: of that there is only its event to list.
            failures = (each.data.object for each in v1.events.list(failed).auto_paging_iter())
            moved: Iterator[Any] = itertools.chain(
                v1.refunds.list(window).auto_paging_iter(), v1.disputes.list(window).auto_paging_iter(), failures
            )
            for each in moved:
                payment_id = _id(each.payment_intent)
                session_id = self.session_of(payment_id) if payment_id else None
                if session_id:
                    yield session_id


def event(payload: bytes, signature: str) -> stripe.Event:
    """Return the event that a webhook has brought.

    Raises:
        stripe.SignatureVerificationError: Stripe has not signed it, or not lately.
        ValueError: It is no event, or no signature.
    """
    if not signature.isascii():
        # The SDK would fail on it instead of refusing it.
        raise ValueError("A signature is ASCII.")
    return _client().construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)


def _client() -> stripe.StripeClient:
    return _client_of(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@functools.lru_cache(maxsize=1)
def _client_of(key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": api_base},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=CALL_TIMEOUT_SECONDS),
    )


@contextlib.contextmanager
def _paused_when_away() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        # Its words may repeat what was sent, an address for instance.
        logger.warning("Stripe could not be asked: %s, code %s", type(error).__name__, error.code)
        raise PaymentServiceUnavailable from error


def _status(session: Any, intent: Any) -> Purchase.Status:
    declined = bool(intent and intent.last_payment_error)
    if session.status == "open":
        return Purchase.Status.OPEN
    if session.status == "expired":
        return Purchase.Status.FAILED if declined else Purchase.Status.EXPIRED
    if session.payment_status != "unpaid":
        return Purchase.Status.PAID
    # Methods that pay later: the money is on its way, or it was refused in the end.
    is_over = intent is not None and intent.status in ("requires_payment_method", "canceled")
    return Purchase.Status.FAILED if is_over else Purchase.Status.PENDING


def _disputes(intent: Any) -> list[Any]:
    charge = intent.latest_charge if intent else None
    if not charge or not charge.disputed:
        return []
    return _client().v1.disputes.list({"payment_intent": intent.id, "limit": PAGE_ITEMS}).data


def _dispute(statuses: list[str]) -> Purchase.Dispute:
    """Return what counts of several: an open one before a lost one before one that was won."""
    if any(each not in ("won", "lost", "prevented", "warning_closed") for each in statuses):
        return Purchase.Dispute.OPEN
    if "lost" in statuses:
        return Purchase.Dispute.LOST
    return Purchase.Dispute.WON if "won" in statuses else Purchase.Dispute.NONE


def _paid_with(intent: Any, charge: Any) -> str:
    """Return how it was paid, or tried, as people know it.

    Stripe leaves out what it does not know; that must hold no credits up.
    """
    failure = getattr(intent, "last_payment_error", None)
    details = charge.payment_method_details if charge else getattr(failure, "payment_method", None)
    kind = getattr(details, "type", None) or ""
    card = getattr(details, "card", None)
    if card and card.brand and card.last4:
        return f"{card.brand.title()} ending {card.last4}"
    return kind.replace("_", " ").capitalize()


def purchase_id(reference: str | None) -> uuid.UUID | None:
    """Return the purchase that a checkout names as its own reference, None if that is none of ours."""
    try:
        return uuid.UUID(reference or "")
    except ValueError:
        return None


def _id(reference: Any) -> str | None:
    """Return the id of what Stripe names by its id, or holds whole."""
    return reference if reference is None or isinstance(reference, str) else str(reference.id)
