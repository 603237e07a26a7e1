"""Charges, refunds and grants are complete or have no effect, and PostgreSQL rejects invalid entries."""

import uuid

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from accounts import api_keys
from accounts.models import User
from billing import ledger
from billing.exceptions import AccountMissing, ChargeMissing, InsufficientCredits, KeyCapExceeded
from billing.models import CreditAccount, KeySpending, LedgerEntry
from tests.factories import balance

pytestmark = pytest.mark.django_db


def charge(user: User, credits: int = 5, **options: object) -> uuid.UUID:
    reference = uuid.uuid4()
    ledger.charge(user.id, credits=credits, reference_id=reference, description="Image", **options)  # type: ignore[arg-type]
    return reference


def test_a_new_user_has_an_empty_account() -> None:
    user = User.objects.create_user("new@example.com")
    assert balance(user) == 0


def test_a_charge_deducts_credits_and_writes_an_entry(alice: User) -> None:
    reference = charge(alice, 5)
    entry = LedgerEntry.objects.get(reference_id=reference)
    assert (entry.amount, entry.balance_after, entry.type, entry.position) == (-5, 95, "generation", 2)
    assert balance(alice) == 95


def test_the_last_credit_can_be_spent(alice: User) -> None:
    charge(alice, 100)
    assert balance(alice) == 0


def test_a_charge_beyond_the_balance_changes_nothing(alice: User) -> None:
    with pytest.raises(InsufficientCredits) as rejected:
        charge(alice, 101)
    assert (rejected.value.needed, rejected.value.balance) == (101, 100)
    assert balance(alice) == 100
    assert LedgerEntry.objects.filter(account__user=alice).count() == 1


def test_the_same_image_cannot_be_charged_twice(alice: User) -> None:
    reference = charge(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.charge(alice.id, credits=5, reference_id=reference, description="Image")
    assert balance(alice) == 95


def test_a_refund_returns_the_whole_charge_once(alice: User) -> None:
    reference = charge(alice, 7)
    ledger.refund(reference, reason="provider_error")
    with pytest.raises(IntegrityError), transaction.atomic():
        ledger.refund(reference, reason="provider_error")
    assert balance(alice) == 100


def test_a_refund_has_a_reason(alice: User) -> None:
    reference = charge(alice)
    ledger.refund(reference, reason="provider_error")
    refund = LedgerEntry.objects.get(reference_id=reference, type="refund")
    assert (refund.reason, refund.description) == ("provider_error", "Refund: provider_error")
    assert set(LedgerEntry.objects.exclude(pk=refund.pk).values_list("reason", flat=True)) == {""}


def test_postgresql_rejects_a_reason_of_another_type(alice: User) -> None:
    CreditAccount.objects.filter(user=alice).update(balance=101, entry_count=2)
    account = CreditAccount.objects.get(user=alice)
    with pytest.raises(IntegrityError, match="billing_entry_reason_of_refund"):
        account.entries.create(position=2, type="grant", amount=1, balance_after=101, reason="staff")


def test_an_image_without_a_charge_cannot_be_refunded(alice: User) -> None:
    with pytest.raises(ChargeMissing):
        ledger.refund(uuid.uuid4(), reason="provider_error")
    assert balance(alice) == 100


def test_an_unknown_account_receives_nothing() -> None:
    with pytest.raises(AccountMissing):
        ledger.grant(uuid.uuid4(), amount=1, reason="nobody")
    with pytest.raises(AccountMissing):
        ledger.purchase(0, credits=1, purchase_id=uuid.uuid4())
    with pytest.raises(AccountMissing):
        ledger.reinstate(0, credits=1, purchase_id=uuid.uuid4())
    assert not LedgerEntry.objects.exists()


def test_a_grant_is_at_least_one_credit(alice: User) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        ledger.grant(alice.id, amount=0, reason="nothing")


def test_a_key_spends_up_to_its_cap_and_no_further(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=10)
    charge(alice, 5, api_key_id=key.id, monthly_cap=10)
    charge(alice, 5, api_key_id=key.id, monthly_cap=10)
    with pytest.raises(KeyCapExceeded):
        charge(alice, 1, api_key_id=key.id, monthly_cap=10)
    assert (balance(alice), ledger.spent_this_month(key.id)) == (90, 10)


def test_a_first_charge_above_the_cap_is_rejected(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=3)
    with pytest.raises(KeyCapExceeded):
        charge(alice, 5, api_key_id=key.id, monthly_cap=3)
    assert ledger.spent_this_month(key.id) == 0


def test_a_charge_above_the_balance_does_not_count_as_spending(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    with pytest.raises(InsufficientCredits):
        charge(alice, 101, api_key_id=key.id)
    assert ledger.spent_this_month(key.id) == 0


def test_a_refund_reduces_the_spending_of_the_charges_month(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    reference = charge(alice, 5, api_key_id=key.id)
    KeySpending.objects.create(api_key_id=key.id, month="2020-01-01", spent=5)
    ledger.refund(reference, reason="cancelled")
    assert ledger.spent_this_month(key.id) == 0
    assert KeySpending.objects.get(month="2020-01-01").spent == 5


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("statement", ["UPDATE billing_ledgerentry SET amount = 1", "DELETE FROM billing_ledgerentry"])
def test_postgresql_rejects_changes_of_entries(statement: str) -> None:
    with pytest.raises(IntegrityError, match="never changed"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_postgresql_rejects_truncation_of_entries() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_ledgerentry ENABLE TRIGGER billing_entries_are_not_truncated")
        with pytest.raises(IntegrityError, match="never changed"):
            cursor.execute("TRUNCATE billing_ledgerentry CASCADE")


def test_postgresql_rejects_a_negative_balance(alice: User) -> None:
    with pytest.raises(IntegrityError, match="billing_balance_not_negative"):
        CreditAccount.objects.filter(user=alice).update(balance=-1)


def test_postgresql_rejects_a_balance_without_its_entry(alice: User) -> None:
    CreditAccount.objects.filter(user=alice).update(balance=1000)
    with pytest.raises(IntegrityError, match="differs from its ledger"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_postgresql_rejects_an_entry_without_its_balance(alice: User) -> None:
    account = CreditAccount.objects.get(user=alice)
    with pytest.raises(IntegrityError, match="differs from its ledger"):
        account.entries.create(position=2, type="grant", amount=1, balance_after=101, description="forged")


def test_postgresql_rejects_an_entry_that_its_account_no_longer_counts(alice: User) -> None:
    account = CreditAccount.objects.filter(user=alice)
    account.update(entry_count=2)
    account.get().entries.create(position=2, type="grant", amount=1, balance_after=101, description="forged")
    account.update(entry_count=1)
    with pytest.raises(IntegrityError, match="differs from its ledger"), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_postgresql_rejects_an_entry_that_does_not_add_up(alice: User) -> None:
    account = CreditAccount.objects.get(user=alice)
    with pytest.raises(IntegrityError, match="does not follow"):
        account.entries.create(position=2, type="grant", amount=1, balance_after=500, description="forged")


@pytest.mark.parametrize(("entry_type", "amount"), [("generation", 5), ("refund", -5), ("grant", -1), ("grant", 0)])
def test_postgresql_rejects_a_sign_that_contradicts_the_type(alice: User, entry_type: str, amount: int) -> None:
    account = CreditAccount.objects.get(user=alice)
    with pytest.raises((IntegrityError, InternalError)):
        account.entries.create(
            position=2, type=entry_type, amount=amount, balance_after=100 + amount, reference_id=uuid.uuid4()
        )
