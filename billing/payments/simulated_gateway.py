"""The simulated payment gateway for development, whose payments are rows of SimulatedPayment.

It implements the same interface as Stripe and is synced by the same code. It fails with DEBUG off.
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
    """Reads payments from the table that the simulated checkout page changes."""

    def create_checkout(self, purchase: Purchase, email: str) -> Checkout:  # noqa: ARG002 - no email is sent
        _require_debug()
        simulated, _ = SimulatedPayment.objects.get_or_create(
            purchase=purchase, defaults={"session_id": f"simulated_{uuid.uuid4().hex}"}
        )
        return Checkout(simulated.session_id, _checkout_url(simulated.session_id))

    def checkout_url(self, session_id: str) -> str | None:
        _require_debug()
        is_open = SimulatedPayment.objects.filter(pk=session_id, status=Purchase.Status.OPEN).exists()
        return _checkout_url(session_id) if is_open else None

    def get_payment(self, session_id: str) -> Payment:
        _require_debug()
        simulated = SimulatedPayment.objects.select_related("purchase").get(pk=session_id)
        purchase = simulated.purchase
        is_withheld = simulated.dispute in (Purchase.Dispute.OPEN, Purchase.Dispute.LOST)
        return Payment(
            session_id=session_id,
            purchase_id=purchase.pk,
            status=Purchase.Status(simulated.status),
            amount_cents=purchase.price_cents,
            currency=CURRENCY,
            payment_id=f"payment_{session_id}",
            paid_with="" if simulated.status == Purchase.Status.OPEN else "Simulated card",
            refunded_cents=simulated.refunded_cents,
            disputed_cents=purchase.price_cents - simulated.refunded_cents if is_withheld else 0,
            dispute=Purchase.Dispute(simulated.dispute),
        )

    def find_session(self, payment_id: str) -> str | None:
        return payment_id.removeprefix("payment_")

    def receipt_url(self, session_id: str) -> str | None:
        return _checkout_url(session_id)

    def list_sessions_since(self, moment: datetime) -> Iterator[str]:
        _require_debug()
        yield from SimulatedPayment.objects.filter(purchase__created_at__gte=moment).values_list("pk", flat=True)


def _checkout_url(session_id: str) -> str:
    return settings.SITE_URL + reverse("simulated-checkout", args=[session_id])


def _require_debug() -> None:
    if not settings.DEBUG:
        raise PaymentServiceUnavailable
