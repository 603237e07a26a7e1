"""Reconciliation with Stripe repairs and reports purchases whose webhook event was lost."""

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
from tests.billing.payments.steps import account, deliver, start_purchase
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.concurrency import run
from tests.factories import expired_purchase

pytestmark = pytest.mark.django_db


def reconcile(*, days: int = 1) -> reconciliation.Report:
    return reconciliation.reconcile(timezone.now() - timedelta(days=days))


def test_a_payment_without_an_event_is_credited(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    stripe.pay(purchase.session_id or "")
    report = reconcile()
    assert account(alice).balance == 600
    assert report.repairs == [f"{purchase.pk}: open is now paid, 0 credits clawed back"]


def test_a_second_run_repairs_nothing(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(start_purchase(alice).session_id or "")
    reconcile()
    assert (reconcile().compared, reconcile().repairs) == (1, [])


def test_a_recent_refund_of_an_old_purchase_is_found(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    deliver(stripe.pay(purchase.session_id or ""))
    long_ago = timezone.now() - timedelta(days=90)
    Purchase.objects.update(created_at=long_ago)
    stripe.sessions[purchase.session_id or ""]["created"] = int(long_ago.timestamp())
    stripe.refund(purchase.session_id or "", 1000)
    assert len(reconcile().repairs) == 1
    assert account(alice).balance == 350


def move_to_past(stripe: StripeStandIn, purchase: Purchase, *, days: int) -> str:
    long_ago = timezone.now() - timedelta(days=days)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=long_ago)
    stripe.sessions[purchase.session_id or ""]["created"] = int(long_ago.timestamp())
    return purchase.session_id or ""


def test_a_delayed_payment_without_an_event_is_found(stripe: StripeStandIn, alice: User) -> None:
    session_id = move_to_past(stripe, start_purchase(alice), days=10)
    deliver(stripe.pay(session_id, later=True))
    stripe.confirm(session_id)
    assert len(reconcile(days=3).repairs) == 1
    assert account(alice).balance == 600


def test_a_dispute_that_ended_months_later_without_an_event_is_found(stripe: StripeStandIn, alice: User) -> None:
    session_id = move_to_past(stripe, start_purchase(alice), days=90)
    deliver(stripe.pay(session_id))
    deliver(stripe.dispute(session_id))
    stripe.disputes[0]["created"] = stripe.sessions[session_id]["created"]
    stripe.close_dispute(session_id, "won")
    assert len(reconcile(days=3).repairs) == 1
    assert account(alice).balance == 600


def test_a_refund_that_fails_weeks_later_without_an_event_is_found(stripe: StripeStandIn, alice: User) -> None:
    session_id = move_to_past(stripe, start_purchase(alice), days=20)
    deliver(stripe.pay(session_id))
    deliver(stripe.refund(session_id, 2000))
    stripe.refunds[0]["created"] = stripe.sessions[session_id]["created"]
    stripe.fail_refund(session_id)
    assert len(reconcile(days=3).repairs) == 1
    assert account(alice).balance == 600


def test_a_purchase_without_a_checkout_expires(stripe: StripeStandIn, alice: User) -> None:
    young, old = start_purchase(alice), start_purchase(alice)
    move_to_past(stripe, old, days=1)
    Purchase.objects.update(session_id=None)
    stripe.clear()
    reconcile(days=3)
    young.refresh_from_db()
    old.refresh_from_db()
    assert (young.status, old.status) == ("open", "expired")


def test_a_checkout_that_was_not_stored_is_found(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(start_purchase(alice).session_id or "")
    Purchase.objects.update(session_id=None)
    assert len(reconcile().repairs) == 1
    assert account(alice).balance == 600


def test_a_checkout_without_a_purchase_is_only_reported(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    stripe.pay(purchase.session_id or "")
    purchase.delete()
    assert reconcile().unknown_sessions == [purchase.session_id]
    assert account(alice).balance == 100


def test_a_purchase_that_fails_does_not_stop_the_others(stripe: StripeStandIn, alice: User) -> None:
    broken, sound = start_purchase(alice), start_purchase(alice)
    for purchase in (broken, sound):
        stripe.pay(purchase.session_id or "")
    # Another purchase with the same payment id makes the sync fail.
    expired_purchase(alice, payment_id=stripe.sessions[broken.session_id or ""]["payment_intent"])
    report = reconcile()
    assert f"{broken.pk}: IntegrityError" in report.failures
    assert account(alice).balance == 600
    assert any(str(sound.pk) in line for line in report.repairs)


def test_the_command_prints_repairs(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(start_purchase(alice).session_id or "")
    output = StringIO()
    call_command("reconcile_payments", "--days", "2", stdout=output)
    assert "1 purchases compared, 1 repaired" in output.getvalue()


def test_the_command_fails_for_a_checkout_that_stripe_does_not_have(stripe: StripeStandIn, alice: User) -> None:
    purchase, output = start_purchase(alice), StringIO()
    stripe.clear()
    with pytest.raises(SystemExit):
        call_command("reconcile_payments", stdout=output)
    assert f"not compared {purchase.pk}: payments_paused" in output.getvalue()


def test_the_command_fails_when_stripe_is_down(stripe: StripeStandIn, alice: User) -> None:
    start_purchase(alice)
    stripe.status = 400
    with pytest.raises(CommandError, match="Payments are temporarily unavailable"):
        call_command("reconcile_payments")


@pytest.mark.django_db(transaction=True)
def test_the_worker_reconciles_periodically(stripe: StripeStandIn, alice: User) -> None:
    stripe.pay(start_purchase(alice).session_id or "")
    run(tasks.reconcile_payments(timestamp=0))
    assert account(alice).balance == 600


@pytest.mark.django_db(transaction=True)
def test_without_stripe_the_worker_reconciles_nothing(settings: Any, alice: User) -> None:
    settings.DEBUG = True
    start_purchase(alice)
    run(tasks.reconcile_payments(timestamp=0))
    assert Purchase.objects.get().syncs_started == 0
