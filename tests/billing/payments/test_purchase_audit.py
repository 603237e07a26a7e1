"""The audit of purchases and their entries finds every forged breach."""

import uuid

import pytest

from accounts.models import User
from billing import audit, ledger
from billing.models import CreditAccount, Purchase
from billing.payments import purchase_sync
from tests.billing.payments.steps import account, start_purchase
from tests.billing.payments.stripe_stand_in import StripeStandIn

pytestmark = pytest.mark.django_db

CREDITED = "each paid purchase is credited in full to its account, and no other purchase is credited"
CLAWED_BACK = "credits clawed back match the money returned, rounded down"
OWED = "credits owed equal the credits that could not be clawed back"


@pytest.fixture
def purchase(stripe: StripeStandIn, alice: User) -> Purchase:
    """A paid purchase of 500 credits."""
    unpaid = start_purchase(alice)
    stripe.pay(unpaid.session_id or "")
    return purchase_sync.sync(unpaid.pk)


def broken_rules() -> list[str]:
    return [breach.rule for breach in audit.breaches()]


def test_a_paid_purchase_breaks_no_rule(purchase: Purchase) -> None:
    assert not broken_rules()
    assert audit.counts()["paid purchases"] == 1


def test_an_entry_of_an_unpaid_purchase_is_found(purchase: Purchase) -> None:
    Purchase.objects.update(status="expired", paid_at=None)
    assert broken_rules() == [CREDITED]


def test_an_entry_without_a_purchase_is_found(alice: User) -> None:
    ledger.purchase(account(alice).pk, credits=100, purchase_id=uuid.uuid4())
    assert broken_rules() == [CREDITED]


def test_a_paid_purchase_without_an_entry_is_found(purchase: Purchase) -> None:
    Purchase.objects.update(id=uuid.uuid4())
    assert broken_rules() == [CREDITED, CREDITED]


def test_an_entry_of_another_account_is_found(purchase: Purchase, bob: User) -> None:
    Purchase.objects.update(account=account(bob))
    assert broken_rules() == [CREDITED]


def test_a_refund_without_a_clawback_is_found(purchase: Purchase) -> None:
    Purchase.objects.update(refunded_cents=1000)
    assert broken_rules() == [CLAWED_BACK]


def test_credits_owed_without_a_clawback_are_found(purchase: Purchase, bob: User) -> None:
    ledger.claw_back(account(bob).pk, credits=100, purchase_id=uuid.uuid4())
    CreditAccount.objects.filter(user=bob).update(owed=7)
    assert broken_rules() == [OWED]
