"""What Stripe's webhook tells: checked, brought to its purchase, settled, and noted down."""

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
    """What an event is about: a checkout with the purchase that it names, or a payment."""

    session_id: str | None = None
    payment_id: str | None = None
    purchase_id: uuid.UUID | None = None


def handle(payload: bytes, signature: str) -> None:
    """Settle what an event is about. When this returns, its effect is committed; if it raises, Stripe tells it again.

    The event's own copy is not believed but for what it is about: what happened is asked of Stripe. An event that is
    about no purchase of ours is noted down, and that is all.

    Raises:
        BadSignature: Stripe has not sent this.
        PaymentsPaused: Stripe could not be asked.
    """
    try:
        event = stripe_gateway.event(payload, signature)
    except (stripe.SignatureVerificationError, ValueError) as error:
        logger.warning("a webhook was refused: %s", type(error).__name__)
        metrics.webhooks.labels("refused").inc()
        raise InvalidSignature from error
    about = subject_of(event)
    if about is None:
        return
    purchase = _find(about)
    metrics.webhooks.labels("heard" if purchase else "unknown").inc()
    if purchase is None:
        logger.warning("event %s (%s) is about no purchase of ours", event.id, event.type)
    else:
        purchase_sync.sync(purchase.pk)
    _note(event, about, purchase)


def subject_of(event: stripe.Event) -> EventSubject | None:
    """Return what an event is about, None if it is nothing that concerns purchases."""
    item: Any = event.data.object
    if event.type.startswith(SESSION_EVENTS):
        return EventSubject(session_id=item.id, purchase_id=stripe_gateway.purchase_id(item.client_reference_id))
    if event.type.startswith(PAYMENT_EVENTS):
        payment_id = item.id if event.type.startswith("payment_intent.") else item.payment_intent
        return EventSubject(payment_id=payment_id) if isinstance(payment_id, str) else None
    return None


def _find(about: EventSubject) -> Purchase | None:
    """Return the purchase; a checkout that we had no time to note down is noted now."""
    if about.payment_id:
        known = Purchase.objects.filter(payment_id=about.payment_id).first()
        if known is not None:
            return known
    session_id = about.session_id or registry.GATEWAYS[registry.STRIPE].session_of(about.payment_id or "")
    if session_id is None:
        return None
    if about.purchase_id:
        ours = Purchase.objects.filter(pk=about.purchase_id, gateway=registry.STRIPE, session_id=None)
        ours.update(session_id=session_id)
    return Purchase.objects.filter(session_id=session_id).first()


def _note(event: stripe.Event, about: EventSubject, purchase: Purchase | None) -> None:
    named = about.session_id or about.payment_id or ""
    row = PaymentEvent(id=event.id, type=event.type[:80], about=named, purchase=purchase)
    PaymentEvent.objects.bulk_create([row], ignore_conflicts=True)
