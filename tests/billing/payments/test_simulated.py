"""The simulated checkout: every outcome is synced like a real payment, in development only."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing import audit
from billing.exceptions import PaymentServiceUnavailable, PurchasesDisabled
from billing.models import Purchase
from billing.payments import purchase_sync
from tests.billing.payments.steps import account, start_purchase
from tests.rendered import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def purchase(settings: Any, alice: User) -> Purchase:
    settings.DEBUG = True
    return start_purchase(alice)


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def path_of(purchase: Purchase) -> str:
    return f"/dashboard/billing/simulated/{purchase.session_id}/"


def act(client: Client, purchase: Purchase, *actions: str) -> Purchase:
    for action in actions:
        assert client.post(path_of(purchase), {"action": action}).status_code == 302
    purchase.refresh_from_db()
    return purchase


def test_the_page_is_marked_as_simulated(alices: Client, purchase: Purchase) -> None:
    assert "No real money is charged." in words(alices.get(path_of(purchase)))


@pytest.mark.parametrize(
    ("actions", "status", "balance"),
    [
        (["pay"], "paid", 600),
        (["decline"], "failed", 100),
        (["expire"], "expired", 100),
        (["pay-later"], "pending", 100),
        (["pay-later", "pay"], "paid", 600),
        (["pay-later", "decline"], "failed", 100),
        (["pay", "dispute"], "paid", 100),
        (["pay", "dispute", "win"], "paid", 600),
        (["pay", "dispute", "lose"], "paid", 100),
        (["decline", "pay"], "failed", 100),
        (["pay", "pay"], "paid", 600),
    ],
)
def test_every_outcome_is_synced(
    alices: Client, alice: User, purchase: Purchase, actions: list[str], status: str, balance: int
) -> None:
    assert act(alices, purchase, *actions).status == status
    assert account(alice).balance == balance
    assert not list(audit.breaches())


def test_partial_refunds_do_not_exceed_the_price(alices: Client, alice: User, purchase: Purchase) -> None:
    act(alices, purchase, "pay")
    for _ in range(3):
        alices.post(path_of(purchase), {"dollars": "8.00"})
    purchase.refresh_from_db()
    assert (purchase.refunded_cents, account(alice).balance) == (1600, 200)


def test_an_invalid_amount_is_rejected_with_a_message(alices: Client, purchase: Purchase) -> None:
    act(alices, purchase, "pay")
    assert "Ensure this value is greater than or equal to" in words(alices.post(path_of(purchase), {"dollars": "-1"}))


def test_the_payment_of_another_user_is_not_found(client: Client, bob: User, purchase: Purchase) -> None:
    client.force_login(bob)
    assert client.get(path_of(purchase)).status_code == 404
    assert client.post(path_of(purchase), {"action": "pay"}).status_code == 404


def test_with_debug_off_page_and_payment_do_not_exist(
    alices: Client, alice: User, purchase: Purchase, settings: Any
) -> None:
    settings.DEBUG = False
    assert alices.post(path_of(purchase), {"action": "pay"}).status_code == 404
    with pytest.raises(PaymentServiceUnavailable):
        purchase_sync.sync(purchase.pk)
    with pytest.raises(PurchasesDisabled):
        start_purchase(alice)
    assert account(alice).balance == 100
