"""Payment gateway that uses Stripe's hosted checkout page through Stripe's SDK.

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

REQUEST_TIMEOUT_SECONDS: Final = 20
RETRIES: Final = 2
PAGE_ITEMS: Final = 100
EXPAND_PAYMENT: Final = ["payment_intent.latest_charge"]
# Dispute statuses in which the bank withholds no money: inquiries, and disputes that were won or prevented.
STATUSES_WITHOUT_WITHDRAWAL: Final = frozenset(
    {"won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed"}
)


class StripeGateway:
    """Calls Stripe with the key from the settings."""

    def create_checkout(self, purchase: Purchase, email: str) -> Checkout:
        metadata = {"purchase": str(purchase.pk)}
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
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
            "invoice_creation": {"enabled": True},
            "expires_at": int(time.time()) + CHECKOUT_LIFETIME_MINUTES * 60,
            "success_url": return_url(purchase),
            "cancel_url": return_url(purchase),
        }
        with _translate_errors():
            session = _client().v1.checkout.sessions.create(parameters, {"idempotency_key": str(purchase.pk)})
        if not session.url:
            raise PaymentServiceUnavailable
        return Checkout(session.id, session.url)

    def checkout_url(self, session_id: str) -> str | None:
        with _translate_errors():
            session = _client().v1.checkout.sessions.retrieve(session_id)
        return session.url if session.status == "open" else None

    def get_payment(self, session_id: str) -> Payment:
        with _translate_errors():
            session = _client().v1.checkout.sessions.retrieve(session_id, {"expand": EXPAND_PAYMENT})
            intent: Any = session.payment_intent
            disputes = _disputes(intent)
        charge = intent.latest_charge if intent else None
        return Payment(
            session_id=session.id,
            purchase_id=parse_purchase_id(session.client_reference_id),
            status=_status(session, intent),
            amount_cents=session.amount_total or 0,
            currency=session.currency or "",
            payment_id=intent.id if intent else None,
            paid_with=_paid_with(intent, charge),
            refunded_cents=charge.amount_refunded if charge else 0,
            disputed_cents=sum(
                dispute.amount for dispute in disputes if dispute.status not in STATUSES_WITHOUT_WITHDRAWAL
            ),
            dispute=_summarize_disputes([dispute.status for dispute in disputes]),
        )

    def find_session(self, payment_id: str) -> str | None:
        with _translate_errors():
            sessions = _client().v1.checkout.sessions.list({"payment_intent": payment_id, "limit": 1}).data
        return sessions[0].id if sessions else None

    def receipt_url(self, session_id: str) -> str | None:
        with _translate_errors():
            session = _client().v1.checkout.sessions.retrieve(session_id, {"expand": ["invoice", *EXPAND_PAYMENT]})
        invoice: Any = session.invoice
        intent: Any = session.payment_intent
        charge = intent.latest_charge if intent else None
        return (invoice and invoice.invoice_pdf) or (charge and charge.receipt_url) or None

    def list_sessions_since(self, moment: datetime) -> Iterator[str]:
        created_since: Any = {"created": {"gte": int(moment.timestamp())}, "limit": PAGE_ITEMS}
        failed_refunds: Any = {**created_since, "type": "refund.failed"}
        v1 = _client().v1
        with _translate_errors():
            for session in v1.checkout.sessions.list(created_since).auto_paging_iter():
                yield session.id
            # A refund can fail weeks after its creation. Stripe's API lists failures by time only as events.
            failures = (event.data.object for event in v1.events.list(failed_refunds).auto_paging_iter())
            changes: Iterator[Any] = itertools.chain(
                v1.refunds.list(created_since).auto_paging_iter(),
                v1.disputes.list(created_since).auto_paging_iter(),
                failures,
            )
            for change in changes:
                payment_id = _id(change.payment_intent)
                session_id = self.find_session(payment_id) if payment_id else None
                if session_id:
                    yield session_id


def verify_signature(payload: bytes, signature: str) -> None:
    """Verify the signature of a webhook event's body.

    Raises:
        stripe.SignatureVerificationError: The signature is not Stripe's, or is too old.
        ValueError: The signature is not ASCII, or the body is not UTF-8.
    """
    if not signature.isascii():
        # Without this check the SDK raises an unrelated error.
        raise ValueError("A signature must be ASCII.")
    stripe.WebhookSignature.verify_header(
        payload, signature, settings.STRIPE_WEBHOOK_SECRET, stripe.Webhook.DEFAULT_TOLERANCE
    )


def _client() -> stripe.StripeClient:
    return _client_of(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@functools.lru_cache(maxsize=1)
def _client_of(key: str, api_base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": api_base},
        max_network_retries=RETRIES,
        http_client=stripe.RequestsClient(timeout=REQUEST_TIMEOUT_SECONDS),
    )


@contextlib.contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        # The message is not logged, because it may repeat personal data of the request.
        logger.warning("request to Stripe failed: %s, code %s", type(error).__name__, error.code)
        raise PaymentServiceUnavailable from error


def _status(session: Any, intent: Any) -> Purchase.Status:
    declined = bool(intent and intent.last_payment_error)
    if session.status == "open":
        return Purchase.Status.OPEN
    if session.status == "expired":
        return Purchase.Status.FAILED if declined else Purchase.Status.EXPIRED
    if session.payment_status != "unpaid":
        return Purchase.Status.PAID
    # Delayed payment methods: the payment is still processing, or was declined in the end.
    has_failed = intent is not None and intent.status in ("requires_payment_method", "canceled")
    return Purchase.Status.FAILED if has_failed else Purchase.Status.PENDING


def _disputes(intent: Any) -> list[Any]:
    charge = intent.latest_charge if intent else None
    if not charge or not charge.disputed:
        return []
    return _client().v1.disputes.list({"payment_intent": intent.id, "limit": PAGE_ITEMS}).data


def _summarize_disputes(statuses: list[str]) -> Purchase.Dispute:
    """Return one state for all disputes of a payment: open takes precedence over lost, and lost over won."""
    if any(status not in ("won", "lost", "prevented", "warning_closed") for status in statuses):
        return Purchase.Dispute.OPEN
    if "lost" in statuses:
        return Purchase.Dispute.LOST
    return Purchase.Dispute.WON if "won" in statuses else Purchase.Dispute.NONE


def _paid_with(intent: Any, charge: Any) -> str:
    """Return a label of the payment method that was used or declined, "" if there is none.

    All details are optional: Stripe omits what it has no value for, which must not delay the credits.
    """
    failure = getattr(intent, "last_payment_error", None)
    details = charge.payment_method_details if charge else getattr(failure, "payment_method", None)
    method = getattr(details, "type", None) or ""
    card = getattr(details, "card", None)
    if card and card.brand and card.last4:
        return f"{card.brand.title()} ending {card.last4}"
    return method.replace("_", " ").capitalize()


def parse_purchase_id(reference: object) -> uuid.UUID | None:
    """Return the purchase id in the reference of a checkout, None if it is not one."""
    try:
        return uuid.UUID(reference) if isinstance(reference, str) else None
    except ValueError:
        return None


def _id(reference: Any) -> str | None:
    """Return the id of a reference that Stripe sends as an id or as an expanded object."""
    return reference if reference is None or isinstance(reference, str) else str(reference.id)
