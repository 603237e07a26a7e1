"""Beginning a purchase at Stripe, and what stands in the way."""

import dataclasses
from typing import Any

import pytest
from django.test import Client

from accounts.exceptions import AccountSuspended
from accounts.models import User
from billing.exceptions import PackNotFound, PaymentServiceUnavailable, PurchasesDisabled, TooManyPurchases
from billing.models import Pack, Purchase
from billing.payments import checkout
from tests.billing.payments.steps import begun
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.factories import caller_of
from tests.rendered import words

pytestmark = pytest.mark.django_db


def pack(credits: int = 500) -> Pack:
    return Pack.objects.get(credits=credits)


def test_the_checkout_is_for_this_pack_and_purchase(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    sent = stripe.sessions[purchase.session_id or ""]["sent"]
    assert sent["line_items[0][price_data][unit_amount]"] == "2000"
    assert sent["Idempotency-Key"] == sent["client_reference_id"]
    assert sent["client_reference_id"] == sent["payment_intent_data[metadata][purchase]"] == str(purchase.pk)
    assert sent["success_url"].endswith(f"/dashboard/billing/purchases/{purchase.pk}/")
    assert sent["customer_email"] == "alice@example.com"


def test_buy_leads_to_stripes_page(stripe: StripeStandIn, client: Client, alice: User) -> None:
    client.force_login(alice)
    answer = client.post(f"/dashboard/billing/buy/{pack().pk}/")
    assert answer.status_code == 303
    assert answer["Location"].startswith(f"{stripe.url}/pay/cs_")


def test_a_page_names_the_pack_before_it_is_bought(stripe: StripeStandIn, client: Client, alice: User) -> None:
    client.force_login(alice)
    said = words(client.get(f"/dashboard/billing/buy/{pack().pk}/"))
    assert "Buy 500 credits" in said
    assert not Purchase.objects.exists()


def test_a_later_change_of_price_does_not_touch_what_was_begun(stripe: StripeStandIn, alice: User) -> None:
    purchase = begun(alice)
    Pack.objects.filter(credits=500).update(price_cents=9900)
    purchase.refresh_from_db()
    assert (purchase.credits, purchase.price_cents) == (500, 2000)


def test_a_pack_that_is_off_cannot_be_bought(stripe: StripeStandIn, client: Client, alice: User) -> None:
    Pack.objects.filter(credits=500).update(enabled=False)
    with pytest.raises(PackNotFound):
        checkout.start(caller_of(alice), pack().pk)
    client.force_login(alice)
    assert client.get(f"/dashboard/billing/buy/{pack().pk}/").status_code == 404


def test_a_suspended_account_buys_nothing(stripe: StripeStandIn, alice: User) -> None:
    with pytest.raises(AccountSuspended):
        checkout.start(dataclasses.replace(caller_of(alice), suspended=True), pack().pk)
    assert not Purchase.objects.exists()


def test_without_stripe_nothing_is_for_sale(settings: Any, client: Client, alice: User) -> None:
    with pytest.raises(PurchasesDisabled):
        checkout.start(caller_of(alice), pack().pk)
    client.force_login(alice)
    said = words(client.post(f"/dashboard/billing/buy/{pack().pk}/", follow=True))
    assert "Buying credits is not set up on this site." in said


def test_a_service_that_is_down_charges_nothing_and_says_so(stripe: StripeStandIn, client: Client, alice: User) -> None:
    stripe.status = 400
    with pytest.raises(PaymentServiceUnavailable):
        checkout.start(caller_of(alice), pack().pk)
    assert Purchase.objects.get().status == Purchase.Status.EXPIRED
    client.force_login(alice)
    said = words(client.post(f"/dashboard/billing/buy/{pack().pk}/", follow=True))
    assert "Card payments are paused" in said


def test_nobody_opens_checkouts_without_end(stripe: StripeStandIn, alice: User) -> None:
    for _ in range(checkout.OPEN_MAX):
        begun(alice)
    with pytest.raises(TooManyPurchases):
        begun(alice)
