"""Payments that nobody makes: the checkout of development, which keeps in the database what Stripe would know.

It runs behind the same interface as Stripe and through the same settlement, and never with DEBUG off.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from billing.exceptions import PaymentServiceUnavailable
from billing.models import Purchase, SimulatedPayment
from billing.payments.gateway import Checkout
from billing.payments.payment import CURRENCY, Payment


class SimulatedGateway:
    """Answers from the table that its own pages change."""

    def begin(self, purchase: Purchase, email: str) -> Checkout:  # noqa: ARG002 - nobody is written to
        _require_debug()
        simulated, _ = SimulatedPayment.objects.get_or_create(
            purchase=purchase, defaults={"session_id": f"simulated_{uuid.uuid4().hex}"}
        )
        return Checkout(simulated.session_id, _url(simulated.session_id))

    def payment(self, session_id: str) -> Payment:
        _require_debug()
        simulated = SimulatedPayment.objects.select_related("purchase").get(pk=session_id)
        purchase = simulated.purchase
        is_taken = simulated.dispute in (Purchase.Dispute.OPEN, Purchase.Dispute.LOST)
        return Payment(
            session_id=session_id,
            purchase_id=purchase.pk,
            status=Purchase.Status(simulated.status),
            amount_cents=purchase.price_cents,
            currency=CURRENCY,
            payment_id=f"payment_{session_id}",
            paid_with="" if simulated.status == Purchase.Status.OPEN else "Simulated card",
            refunded_cents=simulated.refunded_cents,
            disputed_cents=purchase.price_cents - simulated.refunded_cents if is_taken else 0,
            dispute=Purchase.Dispute(simulated.dispute),
        )

    def session_of(self, payment_id: str) -> str | None:
        return payment_id.removeprefix("payment_")

    def receipt_url(self, session_id: str) -> str | None:
        return _url(session_id)

    def sessions_since(self, moment: datetime) -> Iterator[str]:
        _require_debug()
        yield from SimulatedPayment.objects.filter(purchase__created_at__gte=moment).values_list("pk", flat=True)


def _url(session_id: str) -> str:
    return settings.SITE_URL + reverse("simulated-checkout", args=[session_id])


def _require_debug() -> None:
    if not settings.DEBUG:
        raise PaymentServiceUnavailable
