"""Comparing purchases with Stripe: what a lost webhook left open is repaired, and reported."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import User
from billing import tasks
from billing.models import Purchase
from billing.payments import reconciliation
from tests.billing.payments.steps import account, begun, bring
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.concurrency import run
from tests.factories import expired_purchase

pytestmark = pytest.mark.django_db


def reconcile(*, days: int = 1) -> reconciliation.Report:
    return reconciliation.reconcile(timezone.now() - timedelta(days=days))


def test_a_payment_that_nobody_told_of_is_credited(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    stripe.pay(purchase.session_id or "")
    report = reconcile()
    assert account(alice).balance == 600
    assert report.repaired == [f"{purchase.pk}: open is now paid, 0 credits taken back"]


def test_a_second_comparison_finds_nothing(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(begun(alice).session_id or "")
    reconcile()
    assert (reconcile().compared, reconcile().repaired) == (1, [])


def test_a_refund_of_an_old_purchase_is_found_by_its_own_time(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    bring(stripe.pay(purchase.session_id or ""))
    long_ago = timezone.now() - timedelta(days=90)
    Purchase.objects.update(created_at=long_ago)
    stripe.sessions[purchase.session_id or ""]["created"] = int(long_ago.timestamp())
    stripe.refund(purchase.session_id or "", 1000)
    assert len(reconcile().repaired) == 1
    assert account(alice).balance == 350


def begun_long_ago(stripe: StripeStandIn, purchase: Purchase, *, days: int) -> str:
    long_ago = timezone.now() - timedelta(days=days)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=long_ago)
    stripe.sessions[purchase.session_id or ""]["created"] = int(long_ago.timestamp())
    return purchase.session_id or ""


def test_money_that_came_after_days_unheard_is_found(stripe: StripeStandIn, alice: User) -> None:
    session_id = begun_long_ago(stripe, begun(alice), days=10)
    bring(stripe.pay(session_id, later=True))
    stripe.arrive(session_id)
    assert len(reconcile(days=3).repaired) == 1
    assert account(alice).balance == 600


def test_a_dispute_that_ended_after_months_unheard_is_found(stripe: StripeStandIn, alice: User) -> None:
    session_id = begun_long_ago(stripe, begun(alice), days=90)
    bring(stripe.pay(session_id))
    bring(stripe.dispute(session_id))
    stripe.disputes[0]["created"] = stripe.sessions[session_id]["created"]
    stripe.close_dispute(session_id, "won")
    assert len(reconcile(days=3).repaired) == 1
    assert account(alice).balance == 600


def test_a_refund_that_fails_after_weeks_unheard_is_found(stripe: StripeStandIn, alice: User) -> None:
    session_id = begun_long_ago(stripe, begun(alice), days=20)
    bring(stripe.pay(session_id))
    bring(stripe.refund(session_id, 2000))
    stripe.refunds[0]["created"] = stripe.sessions[session_id]["created"]
    stripe.fail_refund(session_id)
    assert len(reconcile(days=3).repaired) == 1
    assert account(alice).balance == 600


def test_a_purchase_that_died_before_its_checkout_does_not_stay_open(stripe: StripeStandIn, alice: User) -> None:
    young, old = begun(alice), begun(alice)
    begun_long_ago(stripe, old, days=1)
    Purchase.objects.update(session_id=None)
    stripe.forget()
    reconcile(days=3)
    young.refresh_from_db()
    old.refresh_from_db()
    assert (young.status, old.status) == ("open", "expired")


def test_a_checkout_that_we_had_no_time_to_note_is_found(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(begun(alice).session_id or "")
    Purchase.objects.update(session_id=None)
    assert len(reconcile().repaired) == 1
    assert account(alice).balance == 600


def test_a_checkout_that_is_not_ours_is_reported_and_left_alone(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    stripe.pay(purchase.session_id or "")
    purchase.delete()
    assert reconcile().unknown == [purchase.session_id]
    assert account(alice).balance == 100


def test_one_purchase_that_cannot_be_mended_keeps_no_other_waiting(stripe: StripeStandIn, alice: User) -> None:
    broken, sound = begun(alice), begun(alice)
    for each in (broken, sound):
        stripe.pay(each.session_id or "")
    taken = stripe.sessions[broken.session_id or ""]["payment_intent"]
    expired_purchase(alice, payment_id=taken)
    report = reconcile()
    assert f"{broken.pk}: IntegrityError" in report.failed
    assert account(alice).balance == 600
    assert any(str(sound.pk) in each for each in report.repaired)


def test_the_command_says_what_it_repaired(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(begun(alice).session_id or "")
    said = StringIO()
    call_command("reconcile_payments", "--days", "2", stdout=said)
    assert "1 purchases compared, 1 repaired" in said.getvalue()


def test_the_command_names_what_stripe_does_not_know_and_fails(stripe: StripeStandIn, alice: User) -> None:
    purchase, said = begun(alice), StringIO()
    stripe.forget()
    with pytest.raises(SystemExit):
        call_command("reconcile_payments", stdout=said)
    assert f"not compared {purchase.pk}: payments_paused" in said.getvalue()


def test_the_command_fails_when_stripe_does_not_answer(stripe: StripeStandIn, alice: User) -> None:
    begun(alice)
    stripe.status = 400
    with pytest.raises(CommandError, match="Card payments are paused"):
        call_command("reconcile_payments")


@pytest.mark.django_db(transaction=True)
def test_the_worker_compares_by_itself(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(begun(alice).session_id or "")
    run(tasks.reconcile_payments(timestamp=0))
    assert account(alice).balance == 600


@pytest.mark.django_db(transaction=True)
def test_without_stripe_the_worker_compares_nothing(settings: Any, alice: User) -> None:
    settings.DEBUG = True
    begun(alice)
    run(tasks.reconcile_payments(timestamp=0))
    assert Purchase.objects.get().looks == 0
