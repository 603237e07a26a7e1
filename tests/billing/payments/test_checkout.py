"""Starting a purchase at Stripe, and the reasons for which it is rejected."""

import dataclasses
from typing import Any

import pytest
from django.test import Client

from accounts.exceptions import AccountSuspended
from accounts.models import User
from billing.exceptions import PackNotFound, PaymentServiceUnavailable, PurchasesDisabled, TooManyPurchases
from billing.models import Pack, Purchase
from billing.payments import checkout
from tests.billing.payments.steps import start_purchase
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.factories import caller_of
from tests.rendered import words

pytestmark = pytest.mark.django_db


def pack(credits: int = 500) -> Pack:
    return Pack.objects.get(credits=credits)


def test_the_checkout_is_for_this_pack_and_purchase(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    sent = stripe.sessions[purchase.session_id or ""]["sent"]
    assert sent["line_items[0][price_data][unit_amount]"] == "2000"
    assert sent["Idempotency-Key"] == sent["client_reference_id"]
    assert sent["client_reference_id"] == sent["payment_intent_data[metadata][purchase]"] == str(purchase.pk)
    assert sent["success_url"].endswith(f"/dashboard/billing/purchases/{purchase.pk}/")
    assert sent["customer_email"] == "alice@example.com"


def test_buy_redirects_to_stripes_checkout(stripe: StripeStandIn, client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.post(f"/dashboard/billing/buy/{pack().pk}/")
    assert response.status_code == 303
    assert response["Location"].startswith(f"{stripe.url}/pay/cs_")


def test_the_pack_is_shown_before_it_is_bought(stripe: StripeStandIn, client: Client, alice: User) -> None:
    client.force_login(alice)
    text = words(client.get(f"/dashboard/billing/buy/{pack().pk}/"))
    assert "Buy 500 credits" in text
    assert not Purchase.objects.exists()


def test_a_later_price_change_does_not_affect_a_started_purchase(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice)
    Pack.objects.filter(credits=500).update(price_cents=9900)
    purchase.refresh_from_db()
    assert (purchase.credits, purchase.price_cents) == (500, 2000)


def test_a_disabled_pack_cannot_be_bought(stripe: StripeStandIn, client: Client, alice: User) -> None:
    Pack.objects.filter(credits=500).update(enabled=False)
    with pytest.raises(PackNotFound):
        checkout.start(caller_of(alice), pack().pk)
    client.force_login(alice)
    assert client.get(f"/dashboard/billing/buy/{pack().pk}/").status_code == 404


def test_a_suspended_account_cannot_buy(stripe: StripeStandIn, alice: User) -> None:
    with pytest.raises(AccountSuspended):
        checkout.start(dataclasses.replace(caller_of(alice), suspended=True), pack().pk)
    assert not Purchase.objects.exists()


def test_without_stripe_purchases_are_disabled(settings: Any, client: Client, alice: User) -> None:
    with pytest.raises(PurchasesDisabled):
        checkout.start(caller_of(alice), pack().pk)
    client.force_login(alice)
    text = words(client.post(f"/dashboard/billing/buy/{pack().pk}/", follow=True))
    assert "You can't buy credits on this site." in text


def test_when_stripe_is_down_nothing_is_charged(stripe: StripeStandIn, client: Client, alice: User) -> None:
    stripe.status = 400
    with pytest.raises(PaymentServiceUnavailable):
        checkout.start(caller_of(alice), pack().pk)
    assert Purchase.objects.get().status == Purchase.Status.EXPIRED
    client.force_login(alice)
    text = words(client.post(f"/dashboard/billing/buy/{pack().pk}/", follow=True))
    assert "Payments are temporarily unavailable" in text


def test_open_checkouts_are_limited(stripe: StripeStandIn, alice: User) -> None:
    for _ in range(checkout.OPEN_MAX):
        start_purchase(alice)
    with pytest.raises(TooManyPurchases):
        start_purchase(alice)
