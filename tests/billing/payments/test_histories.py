"""Random histories of payments, with events repeated, reordered and lost, end with the balance of a simple model.

The model has no events, syncs or SQL statements: it computes the credits of each payment from its final state.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from billing import audit
from billing.models import Purchase
from billing.payments import reconciliation
from tests.billing.payments.steps import account, deliver, spend, start_purchase, use_stripe
from tests.billing.payments.stripe_stand_in import Event, StripeStandIn
from tests.factories import create_user

PACKS = {100: 500, 500: 2000, 2000: 7000}
STEPS = ("pay", "pay later", "confirm", "reject", "expire", "refund", "dispute", "win", "lose")

histories = st.lists(
    st.tuples(
        st.sampled_from(sorted(PACKS)),
        st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 7000)), max_size=6),
    ),
    min_size=1,
    max_size=3,
)


@dataclass
class PaymentModel:
    """The state of a payment on which its credits depend."""

    credits: int
    cents: int
    state: str = "open"
    refunded: int = 0
    dispute: str = ""

    @property
    def due(self) -> int:
        """The credits that remain in the end."""
        if self.state != "paid":
            return 0
        is_withheld = self.dispute in ("open", "lost")
        returned = self.cents if is_withheld else self.refunded
        return self.credits - self.credits * returned // self.cents

    def apply(self, step: str, cents: int, stripe: StripeStandIn, session: str) -> Event | None:  # noqa: PLR0911
        """Apply a step if the payment's state allows it; return the event that Stripe sends."""
        match step, self.state, self.dispute:
            case "pay", "open", _:
                self.state = "paid"
                return stripe.pay(session)
            case "pay later", "open", _:
                self.state = "pending"
                return stripe.pay(session, later=True)
            case "confirm", "pending", _:
                self.state = "paid"
                return stripe.confirm(session)
            case "reject", "pending", _:
                self.state = "rejected"
                return stripe.reject(session)
            case "expire", "open", _:
                self.state = "expired"
                return stripe.expire(session)
            case "refund", "paid", "" if self.refunded < self.cents:
                amount = min(cents, self.cents - self.refunded)
                self.refunded += amount
                return stripe.refund(session, amount)
            case "dispute", "paid", "" if self.refunded < self.cents:
                self.dispute = "open"
                return stripe.dispute(session)
            case "win", "paid", "open":
                self.dispute = "won"
                return stripe.close_dispute(session, "won")
            case "lose", "paid", "open":
                self.dispute = "lost"
                return stripe.close_dispute(session, "lost")
        return None


@pytest.mark.django_db
def test_any_history_ends_with_the_ledger_of_the_model(settings: Any) -> None:
    with StripeStandIn() as stripe:
        use_stripe(stripe, settings)

        @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(history=histories, spent=st.integers(0, 2500), data=st.data())
        def check(history: list[tuple[int, list[tuple[str, int]]]], spent: int, data: st.DataObject) -> None:
            # Each example runs in its own transaction, which is rolled back.
            stripe.clear()
            with transaction.atomic():
                deliver_and_compare(stripe, history, spent, data)
                transaction.set_rollback(True)

        check()


def deliver_and_compare(
    stripe: StripeStandIn, history: list[tuple[int, list[tuple[str, int]]]], spent: int, data: st.DataObject
) -> None:
    alice = create_user("alice@example.com")
    payments: list[PaymentModel] = []
    events: list[Event] = []
    for credits, steps in history:
        session = start_purchase(alice, credits=credits).session_id or ""
        payment = PaymentModel(credits, PACKS[credits])
        payments.append(payment)
        events += [event for step, cents in steps if (event := payment.apply(step, cents, stripe, session))]
    # Events arrive up to twice or never, in any order; in between the user spends credits.
    deliveries = data.draw(st.permutations(events + events)) if events else []
    for event in deliveries[: data.draw(st.integers(0, len(deliveries)))]:
        assert deliver(event) == 200
        if spent and (balance := account(alice).balance):
            spend(alice, min(spent, balance))
            spent -= min(spent, balance)
    reconciliation.reconcile(timezone.now() - timedelta(days=1))
    used = sum(-entry.amount for entry in account(alice).entries.filter(type="generation"))
    assert account(alice).balance - account(alice).owed == sum(payment.due for payment in payments) - used
    assert not Purchase.objects.filter(status=Purchase.Status.REVIEW)
    assert not list(audit.breaches())
