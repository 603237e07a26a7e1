"""Processing of Stripe's webhook events: verify, find the purchase, sync it and record the event."""

import logging
import uuid
from typing import Any, Final, NamedTuple

import stripe

from billing.exceptions import InvalidSignature
from billing.models import PaymentEvent, Purchase
from billing.payments import purchase_sync, registry, stripe_gateway
from infrastructure import metrics

logger = logging.getLogger(__name__)

SESSION_EVENTS: Final = "checkout.session."
PAYMENT_EVENTS: Final = ("charge.", "refund.", "payment_intent.")


class EventSubject(NamedTuple):
    """The subject of an event: a checkout and the purchase in its reference, or a payment."""

    session_id: str | None = None
    payment_id: str | None = None
    purchase_id: uuid.UUID | None = None


def handle(payload: bytes, signature: str) -> None:
    """Verify an event, sync its purchase and record the event.

    When this returns, all changes are committed. If it raises, Stripe sends the event again. The event is used only to
    find the purchase; the state of the payment is fetched from Stripe. An event without a purchase is only recorded.

    Raises:
        InvalidSignature: The event is not signed by Stripe.
        PaymentServiceUnavailable: The payment could not be fetched.
    """
    try:
        event = stripe_gateway.parse_event(payload, signature)
    except (stripe.SignatureVerificationError, ValueError) as error:
        logger.warning("webhook event rejected: %s", type(error).__name__)
        metrics.webhooks.labels("refused").inc()
        raise InvalidSignature from error
    subject = subject_of(event)
    if subject is None:
        return
    purchase = _find_purchase(subject)
    metrics.webhooks.labels("heard" if purchase else "unknown").inc()
    if purchase is None:
        logger.warning("event %s (%s) belongs to no purchase", event.id, event.type)
    else:
        purchase_sync.sync(purchase.pk)
    _record(event, subject, purchase)


def subject_of(event: stripe.Event) -> EventSubject | None:
    """Return the subject of an event, None if the event's type does not concern purchases."""
    item: Any = event.data.object
    if event.type.startswith(SESSION_EVENTS):
        purchase_id = stripe_gateway.parse_purchase_id(item.client_reference_id)
        return EventSubject(session_id=item.id, purchase_id=purchase_id)
    if event.type.startswith(PAYMENT_EVENTS):
        payment_id = item.id if event.type.startswith("payment_intent.") else item.payment_intent
        return EventSubject(payment_id=payment_id) if isinstance(payment_id, str) else None
    return None


def _find_purchase(subject: EventSubject) -> Purchase | None:
    """Return the purchase, and store the session id if the process that created the checkout did not."""
    if subject.payment_id:
        purchase = Purchase.objects.filter(payment_id=subject.payment_id).first()
        if purchase is not None:
            return purchase
    session_id = subject.session_id or registry.GATEWAYS[registry.STRIPE].find_session(subject.payment_id or "")
    if session_id is None:
        return None
    if subject.purchase_id:
        without_session = Purchase.objects.filter(pk=subject.purchase_id, gateway=registry.STRIPE, session_id=None)
        without_session.update(session_id=session_id)
    return Purchase.objects.filter(session_id=session_id).first()


def _record(event: stripe.Event, subject: EventSubject, purchase: Purchase | None) -> None:
    subject_id = subject.session_id or subject.payment_id or ""
    row = PaymentEvent(id=event.id, type=event.type[:80], about=subject_id, purchase=purchase)
    PaymentEvent.objects.bulk_create([row], ignore_conflicts=True)
