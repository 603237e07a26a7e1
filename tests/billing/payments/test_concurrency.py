"""Payments concurrent with other changes of the same account."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from accounts import deletion
from accounts.models import User
from billing import ledger
from billing.exceptions import TooManyPurchases
from billing.models import CreditAccount, Purchase
from billing.payments import checkout, purchase_sync
from tests.billing.payments.steps import account, spend, start_purchase
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.concurrency import at_once, eventually
from tests.database import count_waiting_for_locks
from tests.factories import expired_purchase

pytestmark = pytest.mark.django_db(transaction=True)


def run_behind_lock(
    account_id: int, *functions: Callable[[], object], meanwhile: Callable[[], object] = lambda: None
) -> None:
    """Start all functions while the account is locked, call `meanwhile` when all wait, and release the lock."""

    def run(function: Callable[[], object]) -> None:
        try:
            function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        with transaction.atomic():
            ledger.lock_account(account_id)
            futures = [pool.submit(run, function) for function in functions]
            eventually(lambda: count_waiting_for_locks() == len(functions))
            meanwhile()
        for future in futures:
            future.result()


def test_concurrent_income_repays_a_debt_once(alice: User) -> None:
    images = [spend(alice, 20), spend(alice, 20)]
    ledger.claw_back(account(alice).pk, credits=75, purchase_id=uuid.uuid4())
    assert account(alice).owed == 15
    refunds = [lambda image=image: ledger.refund(image, reason="failed") for image in images]
    grants = [lambda: ledger.grant(alice.pk, amount=20, reason="at once")] * 2
    run_behind_lock(account(alice).pk, *refunds, *grants)
    assert (account(alice).balance, account(alice).owed) == (4 * 20 - 15, 0)


def test_concurrent_clawbacks_are_deducted_or_owed(alice: User) -> None:
    clawbacks = [lambda: ledger.claw_back(account(alice).pk, credits=70, purchase_id=uuid.uuid4())] * 3
    run_behind_lock(account(alice).pk, *clawbacks)
    assert (account(alice).balance, account(alice).owed) == (0, 110)


@pytest.mark.parametrize(
    "change",
    [lambda purchase: purchase_sync.sync(purchase.pk), lambda purchase: deletion.delete(purchase.account.user)],
)
def test_the_account_is_locked_before_its_purchase(
    stripe: StripeStandIn, alice: User, change: Callable[[Purchase], object]
) -> None:
    purchase = start_purchase(alice)
    is_free = Purchase.objects.select_for_update(nowait=True).filter(pk=purchase.pk)
    run_behind_lock(purchase.account_id, lambda: change(purchase), meanwhile=is_free.get)


def test_a_late_response_changes_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    stripe.pay(purchase.session_id or "")
    newer: list[Purchase] = []

    def overtake(_path: str) -> None:
        # The first response is delayed: a second sync sends its request and applies its response first.
        stripe.before_response = lambda _path: None
        stripe.refund(purchase.session_id or "", 2000)
        newer.append(purchase_sync.sync(purchase.pk))
        stripe.charge_of(purchase.session_id or "")["amount_refunded"] = 0
        connections.close_all()

    stripe.before_response = overtake
    purchase_sync.sync(purchase.pk)
    assert [purchase.refunded_cents for purchase in newer] == [2000]
    assert account(alice).balance == 100


def test_a_refund_concurrent_with_charges_loses_no_credits(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    stripe.pay(purchase.session_id or "")
    purchase_sync.sync(purchase.pk)
    stripe.refund(purchase.session_id or "", 2000)
    charges = [lambda: bool(spend(alice, 100))] * 6
    done = at_once(*charges, *[lambda: purchase_sync.sync(purchase.pk)] * 2)[:6].count("done")
    final = CreditAccount.objects.get(user=alice)
    assert final.balance - final.owed == 100 - 100 * done


def test_concurrent_purchases_are_limited(stripe: StripeStandIn, alice: User) -> None:
    for _ in range(checkout.OPEN_MAX - 1):
        expired_purchase(alice, status=Purchase.Status.OPEN)
    with pytest.raises(TooManyPurchases):
        run_behind_lock(account(alice).pk, *[lambda: start_purchase(alice)] * 2)
    assert Purchase.objects.count() == checkout.OPEN_MAX
