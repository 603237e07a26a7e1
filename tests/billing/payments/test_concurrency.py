"""Payments against everything else that happens to an account at the same moment."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from accounts import deletion
from accounts.models import User
from billing import ledger
from billing.exceptions import TooManyPurchases
from billing.models import CreditAccount, Purchase
from billing.payments import checkout, purchase_sync
from tests.billing.payments.steps import account, begun, spend
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.concurrency import at_once, eventually
from tests.factories import expired_purchase

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('tuple', 'transactionid')"


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return int(cursor.fetchone()[0])


def let_wait(account_id: int, *acts: Callable[[], object], then: Callable[[], object] = lambda: None) -> None:
    """Have all of them come while the account is held, do something then, and let them go on."""

    def act(each: Callable[[], object]) -> None:
        try:
            each()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        with transaction.atomic():
            ledger.lock_account(account_id)
            begun = [pool.submit(act, each) for each in acts]
            eventually(lambda: waiting() == len(acts))
            then()
        for each in begun:
            each.result()


def test_incomes_at_once_settle_a_debt_once(alice: User) -> None:
    images = [spend(alice, 20), spend(alice, 20)]
    ledger.claw_back(account(alice).pk, credits=75, purchase_id=uuid.uuid4())
    assert account(alice).owed == 15
    refunds = [lambda image=image: ledger.refund(image, reason="failed") for image in images]
    grants = [lambda: ledger.grant(alice.pk, amount=20, reason="at once")] * 2
    let_wait(account(alice).pk, *refunds, *grants)
    assert (account(alice).balance, account(alice).owed) == (4 * 20 - 15, 0)


def test_credits_taken_back_at_once_with_others_are_taken_or_owed(alice: User) -> None:
    taking = [lambda: ledger.claw_back(account(alice).pk, credits=70, purchase_id=uuid.uuid4())] * 3
    let_wait(account(alice).pk, *taking)
    assert (account(alice).balance, account(alice).owed) == (0, 110)


@pytest.mark.parametrize("act", [lambda of: purchase_sync.sync(of.pk), lambda of: deletion.delete(of.account.user)])
def test_whoever_writes_to_a_purchase_takes_its_account_first(
    stripe: StripeStandIn, alice: User, act: Callable[[Purchase], object]
) -> None:
    purchase = begun(alice)
    is_free = Purchase.objects.select_for_update(nowait=True).filter(pk=purchase.pk)
    let_wait(purchase.account_id, lambda: act(purchase), then=is_free.get)


def test_an_answer_that_comes_late_changes_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    stripe.pay(purchase.session_id or "")
    overtaken: list[Purchase] = []

    def overtake(_path: str) -> None:
        # The first answer is that of the moment before; another look asks and is answered before it is on its way.
        stripe.before_answer = lambda _path: None
        stripe.refund(purchase.session_id or "", 2000)
        overtaken.append(purchase_sync.sync(purchase.pk))
        stripe.charge_of(purchase.session_id or "")["amount_refunded"] = 0
        connections.close_all()

    stripe.before_answer = overtake
    purchase_sync.sync(purchase.pk)
    assert [each.refunded_cents for each in overtaken] == [2000]
    assert account(alice).balance == 100


def test_a_refund_against_charges_at_once_loses_no_credit(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    stripe.pay(purchase.session_id or "")
    purchase_sync.sync(purchase.pk)
    stripe.refund(purchase.session_id or "", 2000)
    charges = [lambda: bool(spend(alice, 100))] * 6
    done = at_once(*charges, *[lambda: purchase_sync.sync(purchase.pk)] * 2)[:6].count("done")
    held = CreditAccount.objects.get(user=alice)
    assert held.balance - held.owed == 100 - 100 * done


def test_purchases_begun_at_once_are_limited_as_those_one_by_one(stripe: StripeStandIn, alice: User) -> None:
    for _ in range(checkout.OPEN_MAX - 1):
        expired_purchase(alice, status=Purchase.Status.OPEN)
    with pytest.raises(TooManyPurchases):
        let_wait(account(alice).pk, *[lambda: begun(alice)] * 2)
    assert Purchase.objects.count() == checkout.OPEN_MAX
