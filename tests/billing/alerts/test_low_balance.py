"""Low balance emails: one when the balance falls below the level, and no other until it is topped up."""

import uuid
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from accounts.models import User
from billing import ledger, tasks
from billing.alerts import low_balance
from billing.models import CreditAccount
from tests.billing.payments.steps import account, spend
from tests.concurrency import at_once, eventually, run
from tests.database import run_sql
from tests.factories import paid_purchase
from tests.rendered import words
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_balance_below_the_level_is_enqueued_once(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 50)
    assert low_balance.enqueue_due() == 0
    spend(alice, 1)
    assert [low_balance.enqueue_due(), low_balance.enqueue_due()] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_a_locked_account_is_skipped(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 60)
    with transaction.atomic():
        ledger.lock_account(account(alice).pk)
        assert at_once(low_balance.enqueue_due) == ["nothing"]
    assert low_balance.enqueue_due() == 1


def test_a_refund_causes_no_second_email(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    image = spend(alice, 60)
    low_balance.enqueue_due()
    ledger.refund(image, reason="provider_error")
    spend(alice, 60)
    assert low_balance.enqueue_due() == 0


def test_a_top_up_allows_another_email(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance.enqueue_due()
    ledger.grant(alice.pk, amount=5, reason="too little")
    spend(alice, 5)
    assert low_balance.enqueue_due() == 0
    ledger.grant(alice.pk, amount=60, reason="enough")
    spend(alice, 60)
    assert low_balance.enqueue_due() == 1


def test_the_email_contains_balance_level_and_link(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 99)
    low_balance.enqueue_due()
    low_balance.send(account(alice).pk)
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("1 credit left", ["alice@example.com"])
    assert "below your alert level of 50 credits" in sent.body
    assert "/dashboard/billing/" in sent.body


def test_a_top_up_before_sending_cancels_the_email(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance.enqueue_due()
    ledger.grant(alice.pk, amount=60, reason="enough")
    low_balance.send(account(alice).pk)
    assert not mail.outbox


def test_credits_that_repay_a_debt_are_no_top_up(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    ledger.claw_back(account(alice).pk, credits=200, purchase_id=uuid.uuid4())
    assert low_balance.enqueue_due() == 1
    ledger.grant(alice.pk, amount=100, reason="repays the debt")
    assert low_balance.enqueue_due() == 0


def test_a_refund_before_sending_postpones_the_email_to_the_next_fall(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    image = spend(alice, 60)
    low_balance.enqueue_due()
    ledger.refund(image, reason="provider_error")
    low_balance.send(account(alice).pk)
    assert not mail.outbox
    spend(alice, 60)
    assert low_balance.enqueue_due() == 1


def test_the_email_of_a_killed_worker_is_enqueued_again(alice: User) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance.enqueue_due()
    run_sql("UPDATE procrastinate_jobs SET status = 'doing'")
    assert [low_balance.enqueue_due(), low_balance.enqueue_due()] == [0, 0]
    run_sql("DO $$ BEGIN ASSERT (SELECT array_agg(status) FROM procrastinate_jobs) = '{todo}'; END $$")


def test_a_level_above_the_current_balance_sends_nothing(alice: User) -> None:
    low_balance.set_level(alice.pk, 500)
    assert low_balance.enqueue_due() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_the_email(alice: User, worker: WorkerThread) -> None:
    low_balance.set_level(alice.pk, 50)
    spend(alice, 60)
    run(tasks.notice_low_balances(timestamp=0))
    eventually(lambda: mail.outbox)
    assert len(mail.outbox) == 1


def test_the_level_is_set_changed_and_removed(alices: Client, alice: User) -> None:
    for level, stored in [("50", 50), ("20", 20), ("", None)]:
        alices.post("/dashboard/billing/alert/", {"level": level})
        assert account(alice).alert_level == stored


@pytest.mark.parametrize(
    ("level", "message"), [("0", "Enter 1 or more"), ("some", "Enter a whole number"), ("1e9", "")]
)
def test_an_invalid_level_is_rejected(alices: Client, alice: User, level: str, message: str) -> None:
    assert message in words(alices.post("/dashboard/billing/alert/", {"level": level}))
    assert account(alice).alert_level is None


def test_the_page_of_the_level_shows_the_purchases(alices: Client, alice: User) -> None:
    assert "No purchases yet" in words(alices.get("/dashboard/billing/alert/"))
    paid_purchase(alice)
    assert "No purchases yet" not in words(alices.get("/dashboard/billing/alert/"))


def test_the_overview_shows_a_balance_below_the_level(alices: Client, alice: User, settings: Any) -> None:
    CreditAccount.objects.filter(user=alice).update(alert_level=500)
    assert "Your balance is below 500 credits." in words(alices.get("/dashboard/"))
    CreditAccount.objects.filter(user=alice).update(alert_level=50)
    assert "Your balance is below" not in words(alices.get("/dashboard/"))
