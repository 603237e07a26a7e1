"""The e-mail about a low balance: one when it falls below the level, none again until it is topped up."""

import uuid
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client

from accounts.models import User
from billing import ledger, low_balance_alerts, tasks
from billing.models import CreditAccount
from tests.billing.payments.steps import account, spend
from tests.concurrency import at_once, eventually, run
from tests.database import run_sql
from tests.rendered import words
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_a_balance_that_falls_below_is_noticed_once(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 50)
    assert low_balance_alerts.enqueue_due() == 0
    spend(alice, 1)
    assert [low_balance_alerts.enqueue_due(), low_balance_alerts.enqueue_due()] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_an_account_that_another_worker_looks_at_is_left_to_it(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 60)
    with transaction.atomic():
        ledger.lock_account(account(alice).pk)
        assert at_once(low_balance_alerts.enqueue_due) == ["nothing"]
    assert low_balance_alerts.enqueue_due() == 1


def test_a_refund_does_not_make_it_told_again(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    image = spend(alice, 60)
    low_balance_alerts.enqueue_due()
    ledger.refund(image, reason="provider_error")
    spend(alice, 60)
    assert low_balance_alerts.enqueue_due() == 0


def test_after_topping_up_it_is_told_again(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance_alerts.enqueue_due()
    ledger.grant(alice.pk, amount=5, reason="too little")
    spend(alice, 5)
    assert low_balance_alerts.enqueue_due() == 0
    ledger.grant(alice.pk, amount=60, reason="enough")
    spend(alice, 60)
    assert low_balance_alerts.enqueue_due() == 1


def test_the_mail_names_balance_level_and_way(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 99)
    low_balance_alerts.enqueue_due()
    low_balance_alerts.send(account(alice).pk)
    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("1 credit left", ["alice@example.com"])
    assert "below the 50 credits" in sent.body
    assert "/dashboard/billing/" in sent.body


def test_who_has_topped_up_meanwhile_is_not_written_to(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance_alerts.enqueue_due()
    ledger.grant(alice.pk, amount=60, reason="enough")
    low_balance_alerts.send(account(alice).pk)
    assert not mail.outbox


def test_credits_that_settle_a_debt_top_nothing_up(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    ledger.claw_back(account(alice).pk, credits=200, purchase_id=uuid.uuid4())
    assert low_balance_alerts.enqueue_due() == 1
    ledger.grant(alice.pk, amount=100, reason="settles what is owed")
    assert low_balance_alerts.enqueue_due() == 0


def test_a_balance_that_a_refund_lifts_meanwhile_is_told_when_it_falls_again(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    image = spend(alice, 60)
    low_balance_alerts.enqueue_due()
    ledger.refund(image, reason="provider_error")
    low_balance_alerts.send(account(alice).pk)
    assert not mail.outbox
    spend(alice, 60)
    assert low_balance_alerts.enqueue_due() == 1


def test_a_mail_that_a_killed_worker_was_about_to_write_is_handed_on(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance_alerts.enqueue_due()
    run_sql("UPDATE procrastinate_jobs SET status = 'doing'")
    assert [low_balance_alerts.enqueue_due(), low_balance_alerts.enqueue_due()] == [0, 0]
    run_sql("DO $$ BEGIN ASSERT (SELECT array_agg(status) FROM procrastinate_jobs) = '{todo}'; END $$")


def test_a_level_that_is_not_reached_already_tells_nothing(alice: User) -> None:
    low_balance_alerts.set_level(alice.pk, 500)
    assert low_balance_alerts.enqueue_due() == 0


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_it(alice: User, worker: WorkerThread) -> None:
    low_balance_alerts.set_level(alice.pk, 50)
    spend(alice, 60)
    run(tasks.notice_low_balances(timestamp=0))
    eventually(lambda: mail.outbox)
    assert len(mail.outbox) == 1


def test_the_level_is_set_changed_and_taken_away(alices: Client, alice: User) -> None:
    for level, stored in [("50", 50), ("20", 20), ("", None)]:
        alices.post("/dashboard/billing/alert/", {"level": level})
        assert account(alice).alert_level == stored


@pytest.mark.parametrize(("level", "said"), [("0", "Write 1 or more"), ("some", "Write a whole number"), ("1e9", "")])
def test_a_level_that_makes_no_sense_is_refused(alices: Client, alice: User, level: str, said: str) -> None:
    assert said in words(alices.post("/dashboard/billing/alert/", {"level": level}))
    assert account(alice).alert_level is None


def test_below_the_level_the_overview_says_so(alices: Client, alice: User, settings: Any) -> None:
    CreditAccount.objects.filter(user=alice).update(alert_level=500)
    assert "Your balance is below 500 credits." in words(alices.get("/dashboard/"))
    CreditAccount.objects.filter(user=alice).update(alert_level=50)
    assert "Your balance is below" not in words(alices.get("/dashboard/"))
