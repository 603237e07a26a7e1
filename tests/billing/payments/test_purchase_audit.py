"""The audit compares purchases with entries: each breach that can be forged is found."""

import uuid

import pytest

from accounts.models import User
from billing import audit, ledger
from billing.models import CreditAccount, Purchase
from billing.payments import purchase_sync
from tests.billing.payments.steps import account, begun
from tests.billing.payments.stripe_stand_in import StripeStandIn

pytestmark = pytest.mark.django_db

CREDITED = "every paid purchase was credited, to its account, and nothing else was"
GONE_BACK = "credits go back with the money, rounded down"
OWED = "what was to be taken back and was not there is owed"


@pytest.fixture
def purchase(stripe: StripeStandIn, alice: User) -> Purchase:
    """A paid purchase of 500 credits."""
    begun_now = begun(alice)
    stripe.pay(begun_now.session_id or "")
    return purchase_sync.sync(begun_now.pk)


def rules() -> list[str]:
    return [breach.rule for breach in audit.breaches()]


def test_an_honest_purchase_breaks_no_rule(purchase: Purchase) -> None:
    assert not rules()
    assert audit.counts()["paid purchases"] == 1


def test_an_entry_without_a_payment_is_found(purchase: Purchase) -> None:
    Purchase.objects.update(status="expired", paid_at=None)
    assert rules() == [CREDITED]


def test_credits_out_of_nowhere_are_found(alice: User) -> None:
    ledger.purchase(account(alice).pk, credits=100, purchase_id=uuid.uuid4())
    assert rules() == [CREDITED]


def test_a_payment_without_its_entry_is_found(purchase: Purchase) -> None:
    Purchase.objects.update(id=uuid.uuid4())
    assert rules() == [CREDITED, CREDITED]


def test_credits_for_another_account_are_found(purchase: Purchase, bob: User) -> None:
    Purchase.objects.update(account=account(bob))
    assert rules() == [CREDITED]


def test_a_refund_that_took_nothing_back_is_found(purchase: Purchase) -> None:
    Purchase.objects.update(refunded_cents=1000)
    assert rules() == [GONE_BACK]


def test_a_debt_out_of_nowhere_is_found(purchase: Purchase, bob: User) -> None:
    ledger.claw_back(account(bob).pk, credits=100, purchase_id=uuid.uuid4())
    CreditAccount.objects.filter(user=bob).update(owed=7)
    assert rules() == [OWED]
