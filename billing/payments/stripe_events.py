"""Processing of Stripe's webhook events: verify, find the purchase, sync it and record the event.

Wire format: docs.stripe.com/api/events.
"""

import json
import logging
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import stripe

from billing.exceptions import InvalidSignature
from billing.models import PaymentEvent, Purchase
from billing.payments import purchase_sync, registry, stripe_gateway
from infrastructure.observability import metrics

logger = logging.getLogger(__name__)

SESSION_EVENTS: Final = "checkout.session."
PAYMENT_EVENTS: Final = ("charge.", "refund.", "payment_intent.")
THIN_EVENT: Final = "v2.core.event"
# Ids and types as they can be stored: Stripe's are letters, digits, underscores and dots.
TOKEN: Final = re.compile(r"[!-~]{1,255}", re.ASCII)


class UnusableEvent(ValueError):
    """A signed event without the fields that its processing needs. The message is for the log."""


class EventSubject(NamedTuple):
    """The subject of an event: a checkout and the purchase in its reference, or a payment."""

    session_id: str | None = None
    payment_id: str | None = None
    purchase_id: uuid.UUID | None = None


class WebhookEvent(NamedTuple):
    """An event's id and type, and its subject: None if the type does not concern purchases."""

    id: str
    type: str
    subject: EventSubject | None


def handle(payload: bytes, signature: str) -> None:
    """Verify an event, sync its purchase and record the event.

    When this returns, all changes are committed. If it raises, Stripe sends the event again. The event is used only to
    find the purchase; the state of the payment is fetched from Stripe. An event without a purchase is only recorded.
    An event that cannot be read is logged and ignored, since Stripe would repeat it unchanged for days.

    Raises:
        InvalidSignature: The event is not signed by Stripe.
        PaymentServiceUnavailable: The payment could not be fetched.
    """
    try:
        stripe_gateway.verify_signature(payload, signature)
    except (stripe.SignatureVerificationError, ValueError) as error:
        logger.warning("webhook event rejected: %s", type(error).__name__)
        metrics.webhooks.labels("refused").inc()
        raise InvalidSignature from error
    try:
        event = parse(payload)
    except UnusableEvent as error:
        logger.warning("webhook event ignored: %s", error)
        metrics.webhooks.labels("ignored").inc()
        return
    if event.subject is not None:
        _process(event, event.subject)


def parse(payload: bytes) -> WebhookEvent:
    """Return the fields of a verified event that are used.

    Raises:
        UnusableEvent: A field is missing, or cannot be an id.
    """
    try:
        content: Any = json.loads(payload)
    except ValueError as error:
        raise UnusableEvent("the body is not JSON") from error
    content = _object(content, "event")
    if content.get("object") == THIN_EVENT:
        raise UnusableEvent("it is a thin event; set the endpoint's payload style to snapshot")
    event_id, event_type = _token(content.get("id"), "event id"), _token(content.get("type"), "type")
    return WebhookEvent(event_id, event_type, _subject(event_type, content))


def _subject(event_type: str, content: Mapping[str, Any]) -> EventSubject | None:
    if not event_type.startswith((SESSION_EVENTS, *PAYMENT_EVENTS)):
        return None
    item = _object(_object(content.get("data"), "data").get("object"), "data.object")
    if event_type.startswith(SESSION_EVENTS):
        purchase_id = stripe_gateway.parse_purchase_id(item.get("client_reference_id"))
        return EventSubject(session_id=_token(item.get("id"), "session id"), purchase_id=purchase_id)
    payment = item if event_type.startswith("payment_intent.") else item.get("payment_intent")
    payment_id = payment.get("id") if isinstance(payment, Mapping) else payment
    return EventSubject(payment_id=_token(payment_id, "payment id"))


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise UnusableEvent(f"{name} is not an object")
    return value


def _token(value: object, name: str) -> str:
    # The value itself is not logged: it may be of any length and contain anything.
    if not isinstance(value, str) or TOKEN.fullmatch(value) is None:
        raise UnusableEvent(f"{name} is missing or malformed")
    return value


def _process(event: WebhookEvent, subject: EventSubject) -> None:
    purchase = _find_purchase(subject)
    metrics.webhooks.labels("heard" if purchase else "unknown").inc()
    if purchase is None:
        logger.warning("event %s (%s) belongs to no purchase", event.id, event.type)
    else:
        purchase_sync.sync(purchase.pk)
    _record(event, subject, purchase)


def _find_purchase(subject: EventSubject) -> Purchase | None:
    """Return the purchase, and store the session id if the process that created the checkout did not."""
    if subject.payment_id:
        purchase = Purchase.objects.filter(payment_id=subject.payment_id).first()
        if purchase is not None:
            return purchase
    session_id = subject.session_id or registry.GATEWAYS[registry.STRIPE].find_session(subject.payment_id or "")
    if session_id is None:
        return None
    # Another purchase may have this session already, which a wrong reference must not change.
    if subject.purchase_id and not Purchase.objects.filter(session_id=session_id).exists():
        without_session = Purchase.objects.filter(pk=subject.purchase_id, gateway=registry.STRIPE, session_id=None)
        without_session.update(session_id=session_id)
    return Purchase.objects.filter(session_id=session_id).first()


def _record(event: WebhookEvent, subject: EventSubject, purchase: Purchase | None) -> None:
    subject_id = subject.session_id or subject.payment_id or ""
    row = PaymentEvent(id=event.id, type=event.type[:80], about=subject_id, purchase=purchase)
    PaymentEvent.objects.bulk_create([row], ignore_conflicts=True)
