"""Payments against everything else that happens to an account at the same moment."""

import threading
import uuid

import pytest
from django.db import connections, transaction

from accounts import deletion
from accounts.models import User
from billing import audit, ledger
from billing.models import CreditAccount, Purchase
from billing.payments import settlement
from tests.billing.payments.conftest import account, begun, spend
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.conftest import at_once, eventually

pytestmark = pytest.mark.django_db(transaction=True)

WAITING_STATEMENTS = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('tuple', 'transactionid')"


def is_somebody_waiting() -> bool:
    with connections["default"].cursor() as cursor:
        cursor.execute(WAITING_STATEMENTS)
        return cursor.fetchone() is not None


def test_incomes_at_once_settle_a_debt_once(alice: User) -> None:
    image = spend(alice, 40)
    ledger.take_back(account(alice).pk, credits=100, purchase_id=uuid.uuid4())
    assert account(alice).owed == 40
    grants = [lambda: ledger.grant(alice.pk, amount=15, reason="at once")] * 8
    assert set(at_once(*grants, lambda: ledger.refund(image, reason="failed"))) == {"done"}
    assert (account(alice).balance, account(alice).owed) == (8 * 15, 0)
    assert {each.rule for each in audit.breaches()} <= {"what was to be taken back and was not there is owed"}


def test_deleting_an_account_takes_its_lock_before_its_purchases(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)

    def delete() -> None:
        deletion.delete(alice)
        connections.close_all()

    deleting = threading.Thread(target=delete)
    with transaction.atomic():
        ledger.lock_account(purchase.account_id)
        deleting.start()
        eventually(is_somebody_waiting)
        Purchase.objects.select_for_update(nowait=True).get(pk=purchase.pk)
    deleting.join()
    assert not User.objects.exists()


def test_a_refund_against_charges_at_once_loses_no_credit(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    stripe.pay(purchase.session_id or "")
    settlement.settle(purchase.pk)
    stripe.refund(purchase.session_id or "", 2000)
    charges = [lambda: bool(spend(alice, 100))] * 6
    done = at_once(*charges, *[lambda: settlement.settle(purchase.pk)] * 2)[:6].count("done")
    held = CreditAccount.objects.get(user=alice)
    assert held.balance - held.owed == 100 - 100 * done
