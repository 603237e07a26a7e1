"""Webhook events and the return page: a payment is credited once, and clawed back once, in any order."""

import logging
import time
from typing import Any

import pytest
from django.test import Client

from accounts import deletion
from accounts.models import User
from billing import audit, ledger
from billing.models import LedgerEntry, PaymentEvent, Purchase
from billing.payments import purchase_history, purchase_sync
from tests.billing.payments.steps import account, deliver, entries, spend, start_purchase
from tests.billing.payments.stripe_stand_in import Event, StripeStandIn
from tests.concurrency import at_once
from tests.rendered import words

pytestmark = pytest.mark.django_db


def session(purchase: Purchase) -> str:
    assert purchase.session_id
    return purchase.session_id


def paid(stripe: StripeStandIn, user: User, *, credits: int = 500) -> Purchase:
    """Return a purchase that is paid and credited."""
    purchase = start_purchase(user, credits=credits)
    assert deliver(stripe.pay(session(purchase))) == 200
    purchase.refresh_from_db()
    return purchase


def breaches() -> list[str]:
    # Only the rules of the ledger: the charges of these tests have no images.
    return [f"{breach.rule}: {breach.problem}" for breach in audit.breaches()]


def test_a_paid_checkout_is_credited(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    assert (purchase.status, purchase.paid_with) == ("paid", "Visa ending 4242")
    assert (account(alice).balance, entries(purchase)) == (600, [("purchase", 500)])
    assert not breaches()


def test_a_second_delivery_credits_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    event = stripe.pay(session(purchase))
    assert [deliver(event) for _ in range(3)] == [200, 200, 200]
    assert entries(purchase) == [("purchase", 500)]
    assert PaymentEvent.objects.get().purchase == purchase


def test_the_return_page_credits_before_the_webhook_does(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = start_purchase(alice)
    event = stripe.pay(session(purchase))
    client.force_login(alice)
    assert "500 credits added" in words(client.get(f"/dashboard/billing/purchases/{purchase.pk}/"))
    assert deliver(event) == 200
    assert entries(purchase) == [("purchase", 500)]


def test_the_return_page_refreshes_while_unpaid(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = start_purchase(alice)
    client.force_login(alice)
    page = client.get(f"/dashboard/billing/purchases/{purchase.pk}/")
    assert "Waiting for payment" in words(page)
    assert 'hx-trigger="every 3s' in page.content.decode()


def test_frequent_page_views_call_stripe_once_per_pause(
    stripe: StripeStandIn, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchase_sync, "PAGE_PAUSE_SECONDS", 600, raising=False)
    purchase = start_purchase(alice)
    client.force_login(alice)
    for _ in range(3):
        client.get(f"/dashboard/billing/purchases/{purchase.pk}/")
    assert stripe.requests.count(("GET", f"/v1/checkout/sessions/{session(purchase)}")) == 1


def test_a_delayed_payment_is_credited_when_confirmed(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    deliver(stripe.pay(session(purchase), later=True))
    purchase.refresh_from_db()
    assert (purchase.status, account(alice).balance) == ("pending", 100)
    deliver(stripe.confirm(session(purchase)))
    assert account(alice).balance == 600


def test_a_rejected_delayed_payment_credits_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    deliver(stripe.pay(session(purchase), later=True))
    deliver(stripe.reject(session(purchase)))
    purchase.refresh_from_db()
    assert (purchase.status, account(alice).balance) == ("failed", 100)


def test_an_unpaid_checkout_expires(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    deliver(stripe.expire(session(purchase)))
    purchase.refresh_from_db()
    assert purchase.status == Purchase.Status.EXPIRED


def test_a_declined_card_is_shown_as_not_charged(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = start_purchase(alice)
    stripe.decline(session(purchase))
    deliver(stripe.expire(session(purchase)))
    client.force_login(alice)
    assert "Visa ending 0002 Declined $20.00 Not charged" in words(client.get("/dashboard/billing/"))


def test_missing_card_details_do_not_delay_credits(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    event = stripe.pay(session(purchase))
    stripe.charge_of(session(purchase))["payment_method_details"]["card"] |= {"brand": None, "last4": None}
    assert deliver(event) == 200
    purchase.refresh_from_db()
    assert (purchase.paid_with, account(alice).balance) == ("Card", 600)


def test_a_declined_payment_without_card_details_is_synced(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    stripe.decline(session(purchase))
    del stripe.intent_of(session(purchase))["last_payment_error"]["payment_method"]
    assert deliver(stripe.expire(session(purchase))) == 200
    purchase.refresh_from_db()
    assert (purchase.status, purchase.paid_with) == ("failed", "")


def test_partial_refunds_claw_back_their_share_rounded_down(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    deliver(stripe.refund(session(purchase), 333))
    assert account(alice).balance == 600 - 83
    deliver(stripe.refund(session(purchase), 333))
    assert account(alice).balance == 600 - 166
    deliver(stripe.refund(session(purchase), 2000 - 666))
    assert (account(alice).balance, account(alice).owed) == (100, 0)
    assert not breaches()


def test_spent_credits_are_owed_and_repaid_first(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    spend(alice, 550)
    deliver(stripe.refund(session(purchase), 2000))
    assert (account(alice).balance, account(alice).owed) == (0, 450)
    ledger.grant(alice.pk, amount=100, reason="sorry")
    assert (account(alice).balance, account(alice).owed) == (0, 350)
    bought = paid(stripe, alice, credits=2000)
    assert (account(alice).balance, account(alice).owed) == (1650, 0)
    assert entries(bought) == [("purchase", 2000)]
    assert not breaches()


def test_a_refund_of_an_image_repays_credits_owed(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    reference = spend(alice, 600)
    deliver(stripe.refund(session(purchase), 400))
    ledger.refund(reference, reason="provider_error")
    assert (account(alice).balance, account(alice).owed) == (500, 0)
    assert not breaches()


def test_the_page_of_a_refunded_payment_shows_it(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = paid(stripe, alice)
    deliver(stripe.refund(session(purchase), 2000))
    client.force_login(alice)
    text = words(client.get(f"/dashboard/billing/purchases/{purchase.pk}/"))
    assert "Payment refunded" in text
    assert "credits added" not in text


def test_a_dispute_claws_back_and_winning_it_reinstates(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    deliver(stripe.dispute(session(purchase)))
    assert account(alice).balance == 100
    deliver(stripe.close_dispute(session(purchase), "won"))
    assert account(alice).balance == 600
    assert entries(purchase) == [("purchase", 500), ("chargeback", -500), ("adjustment", 500)]
    assert not breaches()


def test_a_lost_dispute_reinstates_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    deliver(stripe.dispute(session(purchase)))
    deliver(stripe.close_dispute(session(purchase), "lost"))
    purchase.refresh_from_db()
    assert (account(alice).balance, purchase.dispute) == (100, "lost")


def test_an_inquiry_claws_back_nothing_until_it_becomes_a_dispute(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    stripe.dispute(session(purchase))
    for status, shown in [("warning_needs_response", "open"), ("warning_under_review", "open"), ("prevented", "")]:
        deliver(stripe.close_dispute(session(purchase), status))
        purchase.refresh_from_db()
        assert (account(alice).balance, purchase.dispute) == (600, shown)
    deliver(stripe.close_dispute(session(purchase), "under_review"))
    assert account(alice).balance == 100


def test_a_dispute_of_refunded_money_claws_back_no_more_than_the_pack(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    deliver(stripe.refund(session(purchase), 700))
    stripe.dispute(session(purchase))
    stripe.disputes[0]["amount"] = 2000
    purchase_sync.sync(purchase.pk)
    assert (account(alice).balance, account(alice).owed) == (100, 0)
    deliver(stripe.close_dispute(session(purchase), "won"))
    assert account(alice).balance == 600 - 175


def test_of_two_disputes_the_open_one_is_shown_and_both_claw_back(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    for amount, status in [(500, "lost"), (1000, "needs_response")]:
        stripe.dispute(session(purchase))
        stripe.disputes[-1] |= {"amount": amount, "status": status}
    synced = purchase_sync.sync(purchase.pk)
    assert (synced.dispute, synced.disputed_cents, account(alice).balance) == ("open", 1500, 600 - 375)


def test_winning_after_spending_cancels_the_debt(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    spend(alice, 400)
    deliver(stripe.dispute(session(purchase)))
    assert (account(alice).balance, account(alice).owed) == (0, 300)
    deliver(stripe.close_dispute(session(purchase), "won"))
    assert (account(alice).balance, account(alice).owed) == (200, 0)
    assert not breaches()


@pytest.mark.parametrize(("spent", "removed", "already_spent"), [(20, 30, 470), (50, 0, 500)])
def test_credits_clawed_back_again_count_as_removed_once(
    stripe: StripeStandIn, alice: User, spent: int, removed: int, already_spent: int
) -> None:
    purchase = paid(stripe, alice)
    spend(alice, 550)
    deliver(stripe.dispute(session(purchase)))
    deliver(stripe.close_dispute(session(purchase), "won"))
    spend(alice, spent)
    deliver(stripe.refund(session(purchase), 2000))
    purchase.refresh_from_db()
    returned = purchase_history.returned_credits(purchase)
    assert (returned.removed, returned.already_spent) == (removed, already_spent)
    assert (account(alice).balance, account(alice).owed) == (0, already_spent)


def test_credits_clawed_back_in_parts_are_all_removed(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    for cents in (500, 1500):
        deliver(stripe.refund(session(purchase), cents))
    purchase.refresh_from_db()
    assert purchase_history.returned_credits(purchase) == purchase_history.ReturnedCredits(500, 0)
    deliver(stripe.fail_refund(session(purchase)))
    purchase.refresh_from_db()
    assert purchase_history.returned_credits(purchase).already_spent == 0


def test_a_failed_refund_reinstates_the_credits(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    deliver(stripe.refund(session(purchase), 500))
    deliver(stripe.refund(session(purchase), 1500))
    deliver(stripe.fail_refund(session(purchase)))
    assert account(alice).balance == 600 - 125
    assert not breaches()


def test_a_refund_event_may_arrive_before_the_payment_event(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    completed = stripe.pay(session(purchase))
    refunded = stripe.refund(session(purchase), 2000)
    assert [deliver(refunded), deliver(completed)] == [200, 200]
    assert (account(alice).balance, entries(purchase)) == (100, [("purchase", 500), ("chargeback", -500)])


@pytest.mark.parametrize(
    ("signature", "secret"),
    [("", "right"), ("t=1,v1=00", "right"), ("t=1,v1=é", "right"), (None, "whsec_other"), ("old", "right")],
)
def test_a_bad_signature_credits_nothing_and_is_logged(
    stripe: StripeStandIn, alice: User, signature: str | None, secret: str, caplog: Any
) -> None:
    event = stripe.pay(session(start_purchase(alice)))
    if signature == "old":
        signature = event.signature(at=int(time.time()) - 3600)
    assert deliver(event, event.signature(secret) if signature is None else signature) == 400
    assert account(alice).balance == 100
    assert "webhook event rejected" in caplog.text


def test_a_changed_body_is_rejected(stripe: StripeStandIn, alice: User) -> None:
    event = stripe.pay(session(start_purchase(alice)))
    signature = event.signature()
    event.body = event.body.replace("complete", "Complete")
    assert deliver(event, signature) == 400


def test_an_event_without_a_purchase_is_recorded_and_accepted(stripe: StripeStandIn, caplog: Any) -> None:
    checkout = Event(900, "checkout.session.completed", {"id": "cs_other", "client_reference_id": None})
    payment = Event(901, "charge.refunded", {"id": "ch_other", "payment_intent": "pi_other"})
    assert [deliver(checkout), deliver(payment)] == [200, 200]
    assert set(PaymentEvent.objects.filter(purchase=None).values_list("id", flat=True)) == {"evt_900", "evt_901"}
    assert "belongs to no purchase" in caplog.text


@pytest.mark.parametrize("mismatch", [{"amount": 1}, {"amount": 2000, "currency": "jpy"}])
def test_a_wrong_amount_or_currency_credits_nothing_and_is_logged(
    stripe: StripeStandIn, alice: User, mismatch: dict[str, Any], caplog: Any
) -> None:
    purchase = start_purchase(alice)
    with caplog.at_level(logging.ERROR):
        assert deliver(stripe.pay(session(purchase), **mismatch)) == 200
    purchase.refresh_from_db()
    assert (purchase.status, account(alice).balance) == ("review", 100)
    assert "does not match the purchase, its price or its currency" in caplog.text


def test_the_payment_of_another_user_credits_nothing(stripe: StripeStandIn, alice: User, bob: User) -> None:
    paid_by_bob, unpaid = start_purchase(bob, credits=500), start_purchase(alice, credits=500)
    stripe.pay(session(paid_by_bob))
    Purchase.objects.filter(pk=paid_by_bob.pk).update(session_id=None)
    Purchase.objects.filter(pk=unpaid.pk).update(session_id=session(paid_by_bob))
    purchase_sync.sync(unpaid.pk)
    assert account(alice).balance == 100


def test_an_event_is_retried_when_stripe_is_down(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    event = stripe.pay(session(purchase))
    stripe.status = 400
    assert deliver(event) == 503
    assert not PaymentEvent.objects.exists()
    stripe.status = 200
    assert deliver(event) == 200
    assert account(alice).balance == 600


def test_a_checkout_that_was_not_stored_is_found_by_its_purchase(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    event = stripe.pay(session(purchase))
    Purchase.objects.update(session_id=None)
    assert deliver(event) == 200
    assert account(alice).balance == 600


def test_a_payment_for_a_deleted_account_is_logged(stripe: StripeStandIn, alice: User, caplog: Any) -> None:
    purchase = start_purchase(alice)
    deletion.delete(alice)
    assert deliver(stripe.pay(session(purchase))) == 200
    purchase.refresh_from_db()
    assert (purchase.status, purchase.paid_with) == ("paid", "")
    assert "paid after the account was deleted" in caplog.text


def test_logs_contain_no_email_address(stripe: StripeStandIn, alice: User, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        paid(stripe, alice)
    assert "alice" not in caplog.text


def test_other_events_are_ignored(stripe: StripeStandIn) -> None:
    assert deliver(Event(950, "customer.created", {"id": "cus_1", "object": "customer"})) == 200
    assert not PaymentEvent.objects.exists()


def test_without_stripe_the_webhook_does_not_exist(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert deliver(Event(1, "checkout.session.completed", {"id": "cs_1"})) == 404


def test_the_receipt_redirects_to_stripe(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = paid(stripe, alice)
    client.force_login(alice)
    response = client.get(f"/dashboard/billing/purchases/{purchase.pk}/receipt")
    assert response["Location"] == stripe.charge_of(session(purchase))["receipt_url"]


@pytest.mark.django_db(transaction=True)
def test_webhook_and_return_page_at_once_credit_once(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    event = stripe.pay(session(purchase))
    outcomes = at_once(*[lambda: deliver(event) == 200] * 3, *[lambda: purchase_sync.sync(purchase.pk)] * 3)
    assert outcomes == ["done"] * 6
    assert LedgerEntry.objects.filter(reference_id=purchase.pk).count() == 1
    assert account(alice).balance == 600
