"""Random histories of payments, told in any order, again and again or not at all, end with the ledger of a plain model.

The model knows nothing of events, looks or statements: it adds up what each payment has come to.
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
from tests.billing.payments.steps import account, begun, bring, sell_through, spend
from tests.billing.payments.stripe_stand_in import Event, StripeStandIn
from tests.factories import create_user

PACKS = {100: 500, 500: 2000, 2000: 7000}
STEPS = ("pay", "pay later", "arrive", "refuse", "expire", "refund", "dispute", "win", "lose")

histories = st.lists(
    st.tuples(
        st.sampled_from(sorted(PACKS)),
        st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 7000)), max_size=6),
    ),
    min_size=1,
    max_size=3,
)


@dataclass
class Modelled:
    """What a payment has come to: all that its credits depend on."""

    credits: int
    cents: int
    state: str = "open"
    refunded: int = 0
    dispute: str = ""

    @property
    def due(self) -> int:
        """How many credits there should be of it in the end."""
        if self.state != "paid":
            return 0
        is_taken = self.dispute in ("open", "lost")
        gone = self.cents if is_taken else self.refunded
        return self.credits - self.credits * gone // self.cents

    def take(self, step: str, cents: int, stripe: StripeStandIn, session: str) -> Event | None:  # noqa: PLR0911
        """Take a step if the payment allows it; return what Stripe tells of it."""
        match step, self.state, self.dispute:
            case "pay", "open", _:
                self.state = "paid"
                return stripe.pay(session)
            case "pay later", "open", _:
                self.state = "pending"
                return stripe.pay(session, later=True)
            case "arrive", "pending", _:
                self.state = "paid"
                return stripe.arrive(session)
            case "refuse", "pending", _:
                self.state = "refused"
                return stripe.refuse(session)
            case "expire", "open", _:
                self.state = "expired"
                return stripe.expire(session)
            case "refund", "paid", "" if self.refunded < self.cents:
                back = min(cents, self.cents - self.refunded)
                self.refunded += back
                return stripe.refund(session, back)
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
        sell_through(stripe, settings)

        @hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
        @given(history=histories, spent=st.integers(0, 2500), data=st.data())
        def check(history: list[tuple[int, list[tuple[str, int]]]], spent: int, data: st.DataObject) -> None:
            # Each example in a transaction of its own, which is taken back.
            stripe.forget()
            with transaction.atomic():
                tell_and_compare(stripe, history, spent, data)
                transaction.set_rollback(True)

        check()


def tell_and_compare(
    stripe: StripeStandIn, history: list[tuple[int, list[tuple[str, int]]]], spent: int, data: st.DataObject
) -> None:
    alice = create_user("alice@example.com")
    payments: list[Modelled] = []
    told: list[Event] = []
    for credits, steps in history:
        session = begun(alice, credits=credits).session_id or ""
        payment = Modelled(credits, PACKS[credits])
        payments.append(payment)
        told += [event for step, cents in steps if (event := payment.take(step, cents, stripe, session))]
    # Some are told twice, some never, in any order; half-way somebody spends what there is.
    deliveries = data.draw(st.permutations(told + told)) if told else []
    for event in deliveries[: data.draw(st.integers(0, len(deliveries)))]:
        assert bring(event) == 200
        if spent and (balance := account(alice).balance):
            spend(alice, min(spent, balance))
            spent -= min(spent, balance)
    reconciliation.reconcile(timezone.now() - timedelta(days=1))
    used = sum(-each.amount for each in account(alice).entries.filter(type="generation"))
    assert account(alice).balance - account(alice).owed == sum(payment.due for payment in payments) - used
    assert [str(each.status) for each in Purchase.objects.order_by("created_at", "pk") if each.status == "review"] == []
    assert not list(audit.breaches())
