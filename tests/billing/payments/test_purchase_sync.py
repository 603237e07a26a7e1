"""Webhook and return page: a payment is credited once, and goes back once, whatever arrives."""

import logging
import time
from typing import Any

import pytest
from django.test import Client

from accounts import deletion
from accounts.models import User
from billing import audit, ledger
from billing.models import LedgerEntry, PaymentEvent, Purchase
from billing.payments import purchase_sync
from tests.billing.payments.steps import Deliver, account, begun, bring, entries, spend
from tests.billing.payments.stripe_stand_in import Event, StripeStandIn
from tests.concurrency import at_once
from tests.rendered import words

pytestmark = pytest.mark.django_db


def session(purchase: Purchase) -> str:
    assert purchase.session_id
    return purchase.session_id


def paid(stripe: StripeStandIn, user: User, *, credits: int = 500) -> Purchase:
    """Return a purchase that is paid and credited."""
    purchase = begun(user, credits=credits)
    assert bring(stripe.pay(session(purchase))) == 200
    purchase.refresh_from_db()
    return purchase


def breaches() -> list[str]:
    # Charges here have no images; the ledger's own rules are what counts.
    return [f"{each.rule}: {each.problem}" for each in audit.breaches()]


def test_a_paid_checkout_gives_its_credits(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    assert (purchase.status, purchase.paid_with) == ("paid", "Visa ending 4242")
    assert (account(alice).balance, entries(purchase)) == (600, [("purchase", 500)])
    assert not breaches()


def test_a_second_delivery_credits_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    event = stripe.pay(session(purchase))
    assert [bring(event) for _ in range(3)] == [200, 200, 200]
    assert entries(purchase) == [("purchase", 500)]
    assert PaymentEvent.objects.get().purchase == purchase


def test_the_return_page_credits_before_the_webhook_does(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = begun(alice)
    event = stripe.pay(session(purchase))
    client.force_login(alice)
    assert "500 credits are yours" in words(client.get(f"/dashboard/billing/purchases/{purchase.pk}/"))
    assert bring(event) == 200
    assert entries(purchase) == [("purchase", 500)]


def test_the_return_page_asks_again_while_nothing_is_known(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = begun(alice)
    client.force_login(alice)
    page = client.get(f"/dashboard/billing/purchases/{purchase.pk}/")
    assert "Waiting for the payment" in words(page)
    assert 'hx-trigger="every 3s' in page.content.decode()


def test_a_page_that_is_asked_for_without_end_asks_stripe_once_in_a_while(
    stripe: StripeStandIn, client: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchase_sync, "PAGE_PAUSE_SECONDS", 600, raising=False)
    purchase = begun(alice)
    client.force_login(alice)
    for _ in range(3):
        client.get(f"/dashboard/billing/purchases/{purchase.pk}/")
    assert stripe.requests.count(("GET", f"/v1/checkout/sessions/{session(purchase)}")) == 1


def test_money_that_comes_later_is_credited_when_it_comes(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    bring(stripe.pay(session(purchase), later=True))
    purchase.refresh_from_db()
    assert (purchase.status, account(alice).balance) == ("pending", 100)
    bring(stripe.arrive(session(purchase)))
    assert account(alice).balance == 600


def test_money_that_is_refused_later_gives_nothing(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    bring(stripe.pay(session(purchase), later=True))
    bring(stripe.refuse(session(purchase)))
    purchase.refresh_from_db()
    assert (purchase.status, account(alice).balance) == ("failed", 100)


def test_a_checkout_that_nobody_pays_expires(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    bring(stripe.expire(session(purchase)))
    purchase.refresh_from_db()
    assert purchase.status == Purchase.Status.EXPIRED


def test_a_declined_card_is_shown_as_not_charged(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = begun(alice)
    stripe.decline(session(purchase))
    bring(stripe.expire(session(purchase)))
    client.force_login(alice)
    assert "Visa ending 0002 Declined $20.00 Not charged" in words(client.get("/dashboard/billing/"))


def test_what_stripe_does_not_say_of_a_card_holds_no_credits_up(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    event = stripe.pay(session(purchase))
    stripe.charge_of(session(purchase))["payment_method_details"]["card"] |= {"brand": None, "last4": None}
    assert bring(event) == 200
    purchase.refresh_from_db()
    assert (purchase.paid_with, account(alice).balance) == ("Card", 600)


def test_a_failure_that_names_no_card_is_settled_too(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    stripe.decline(session(purchase))
    del stripe.intent_of(session(purchase))["last_payment_error"]["payment_method"]
    assert bring(stripe.expire(session(purchase))) == 200
    purchase.refresh_from_db()
    assert (purchase.status, purchase.paid_with) == ("failed", "")


def test_partial_refunds_take_back_their_share_rounded_down(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    bring(stripe.refund(session(purchase), 333))
    assert account(alice).balance == 600 - 83
    bring(stripe.refund(session(purchase), 333))
    assert account(alice).balance == 600 - 166
    bring(stripe.refund(session(purchase), 2000 - 666))
    assert (account(alice).balance, account(alice).owed) == (100, 0)
    assert not breaches()


def test_what_is_spent_already_is_owed_and_settled_first(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    spend(alice, 550)
    bring(stripe.refund(session(purchase), 2000))
    assert (account(alice).balance, account(alice).owed) == (0, 450)
    ledger.grant(alice.pk, amount=100, reason="sorry")
    assert (account(alice).balance, account(alice).owed) == (0, 350)
    bought = paid(stripe, alice, credits=2000)
    assert (account(alice).balance, account(alice).owed) == (1650, 0)
    assert entries(bought) == [("purchase", 2000)]
    assert not breaches()


def test_a_refund_of_an_image_settles_what_is_owed_too(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    reference = spend(alice, 600)
    bring(stripe.refund(session(purchase), 400))
    ledger.refund(reference, reason="provider_error")
    assert (account(alice).balance, account(alice).owed) == (500, 0)
    assert not breaches()


def test_the_page_of_a_payment_that_went_back_says_so(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = paid(stripe, alice)
    bring(stripe.refund(session(purchase), 2000))
    client.force_login(alice)
    said = words(client.get(f"/dashboard/billing/purchases/{purchase.pk}/"))
    assert "This payment went back" in said
    assert "are yours" not in said


def test_a_dispute_takes_and_winning_it_gives_again(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    bring(stripe.dispute(session(purchase)))
    assert account(alice).balance == 100
    bring(stripe.close_dispute(session(purchase), "won"))
    assert account(alice).balance == 600
    assert entries(purchase) == [("purchase", 500), ("chargeback", -500), ("adjustment", 500)]
    assert not breaches()


def test_a_dispute_that_is_lost_takes_for_good(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    bring(stripe.dispute(session(purchase)))
    bring(stripe.close_dispute(session(purchase), "lost"))
    purchase.refresh_from_db()
    assert (account(alice).balance, purchase.dispute) == (100, "lost")


def test_an_inquiry_takes_nothing_until_it_becomes_a_dispute(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    stripe.dispute(session(purchase))
    for status, shown in [("warning_needs_response", "open"), ("warning_under_review", "open"), ("prevented", "")]:
        bring(stripe.close_dispute(session(purchase), status))
        purchase.refresh_from_db()
        assert (account(alice).balance, purchase.dispute) == (600, shown)
    bring(stripe.close_dispute(session(purchase), "under_review"))
    assert account(alice).balance == 100


def test_a_dispute_of_more_than_is_left_takes_no_more_than_was_given(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    bring(stripe.refund(session(purchase), 700))
    stripe.dispute(session(purchase))
    stripe.disputes[0]["amount"] = 2000
    purchase_sync.sync(purchase.pk)
    assert (account(alice).balance, account(alice).owed) == (100, 0)
    bring(stripe.close_dispute(session(purchase), "won"))
    assert account(alice).balance == 600 - 175


def test_of_two_disputes_the_open_one_is_shown_and_both_take(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    for amount, status in [(500, "lost"), (1000, "needs_response")]:
        stripe.dispute(session(purchase))
        stripe.disputes[-1] |= {"amount": amount, "status": status}
    settled = purchase_sync.sync(purchase.pk)
    assert (settled.dispute, settled.disputed_cents, account(alice).balance) == ("open", 1500, 600 - 375)


def test_winning_after_spending_cancels_the_debt(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    spend(alice, 400)
    bring(stripe.dispute(session(purchase)))
    assert (account(alice).balance, account(alice).owed) == (0, 300)
    bring(stripe.close_dispute(session(purchase), "won"))
    assert (account(alice).balance, account(alice).owed) == (200, 0)
    assert not breaches()


def test_a_refund_that_fails_gives_the_credits_again(stripe: StripeStandIn, alice: User) -> None:
    purchase = paid(stripe, alice)
    bring(stripe.refund(session(purchase), 500))
    bring(stripe.refund(session(purchase), 1500))
    bring(stripe.fail_refund(session(purchase)))
    assert account(alice).balance == 600 - 125
    assert not breaches()


def test_a_refund_may_be_told_before_the_payment(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    completed = stripe.pay(session(purchase))
    refunded = stripe.refund(session(purchase), 2000)
    assert [bring(refunded), bring(completed)] == [200, 200]
    assert (account(alice).balance, entries(purchase)) == (100, [("purchase", 500), ("chargeback", -500)])


@pytest.mark.parametrize(
    ("signature", "secret"),
    [("", "right"), ("t=1,v1=00", "right"), ("t=1,v1=é", "right"), (None, "whsec_other"), ("old", "right")],
)
def test_a_bad_signature_credits_nothing_and_is_logged(
    stripe: StripeStandIn, alice: User, signature: str | None, secret: str, caplog: Any
) -> None:
    event = stripe.pay(session(begun(alice)))
    if signature == "old":
        signature = event.signature(at=int(time.time()) - 3600)
    assert bring(event, event.signature(secret) if signature is None else signature) == 400
    assert account(alice).balance == 100
    assert "a webhook was refused" in caplog.text


def test_a_changed_body_does_not_fit_its_signature(stripe: StripeStandIn, alice: User) -> None:
    event = stripe.pay(session(begun(alice)))
    signature = event.signature()
    event.body = event.body.replace("complete", "Complete")
    assert bring(event, signature) == 400


def test_an_event_about_no_purchase_of_ours_is_noted_and_answered(stripe: StripeStandIn, caplog: Any) -> None:
    stranger = Event(900, "checkout.session.completed", {"id": "cs_other", "client_reference_id": None})
    payment = Event(901, "charge.refunded", {"id": "ch_other", "payment_intent": "pi_other"})
    assert [bring(stranger), bring(payment)] == [200, 200]
    assert set(PaymentEvent.objects.filter(purchase=None).values_list("id", flat=True)) == {"evt_900", "evt_901"}
    assert "is about no purchase of ours" in caplog.text


@pytest.mark.parametrize("wrong", [{"amount": 1}, {"amount": 2000, "currency": "jpy"}])
def test_a_wrong_amount_or_currency_credits_nothing_and_is_logged(
    stripe: StripeStandIn, alice: User, wrong: dict[str, Any], caplog: Any
) -> None:
    purchase = begun(alice)
    with caplog.at_level(logging.ERROR):
        assert bring(stripe.pay(session(purchase), **wrong)) == 200
    purchase.refresh_from_db()
    assert (purchase.status, account(alice).balance) == ("review", 100)
    assert "not for this purchase, price and currency" in caplog.text


def test_somebody_elses_payment_pays_for_nothing(stripe: StripeStandIn, alice: User, bob: User) -> None:
    cheap, dear = begun(bob, credits=500), begun(alice, credits=500)
    stripe.pay(session(cheap))
    Purchase.objects.filter(pk=cheap.pk).update(session_id=None)
    Purchase.objects.filter(pk=dear.pk).update(session_id=session(cheap))
    purchase_sync.sync(dear.pk)
    assert account(alice).balance == 100


def test_stripe_being_down_makes_it_tell_again(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    event = stripe.pay(session(purchase))
    stripe.status = 400
    assert bring(event) == 503
    assert not PaymentEvent.objects.exists()
    stripe.status = 200
    assert bring(event) == 200
    assert account(alice).balance == 600


def test_a_checkout_that_we_had_no_time_to_note_is_found_by_its_purchase(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    event = stripe.pay(session(purchase))
    Purchase.objects.update(session_id=None)
    assert bring(event) == 200
    assert account(alice).balance == 600


def test_a_payment_for_a_deleted_account_is_told_to_staff(stripe: StripeStandIn, alice: User, caplog: Any) -> None:
    purchase = begun(alice)
    deletion.delete(alice)
    assert bring(stripe.pay(session(purchase))) == 200
    purchase.refresh_from_db()
    assert (purchase.status, purchase.paid_with) == ("paid", "")
    assert "paid after the account was deleted" in caplog.text


def test_logs_name_no_address(stripe: StripeStandIn, alice: User, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        paid(stripe, alice)
    assert "alice" not in caplog.text


def test_other_events_are_of_no_concern(stripe: StripeStandIn, deliver: Deliver) -> None:
    assert deliver(Event(950, "customer.created", {"id": "cus_1", "object": "customer"})) == 200
    assert not PaymentEvent.objects.exists()


def test_there_is_no_webhook_without_stripe(settings: Any) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert bring(Event(1, "checkout.session.completed", {"id": "cs_1"})) == 404


def test_the_receipt_is_stripes_own(stripe: StripeStandIn, client: Client, alice: User) -> None:
    purchase = paid(stripe, alice)
    client.force_login(alice)
    answer = client.get(f"/dashboard/billing/purchases/{purchase.pk}/receipt")
    assert answer["Location"] == stripe.charge_of(session(purchase))["receipt_url"]


@pytest.mark.django_db(transaction=True)
def test_webhook_and_return_page_at_once_credit_once(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    event = stripe.pay(session(purchase))
    outcomes = at_once(*[lambda: bring(event) == 200] * 3, *[lambda: purchase_sync.sync(purchase.pk)] * 3)
    assert outcomes == ["done"] * 6
    assert LedgerEntry.objects.filter(reference_id=purchase.pk).count() == 1
    assert account(alice).balance == 600
