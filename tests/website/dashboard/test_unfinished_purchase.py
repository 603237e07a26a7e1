"""A declined payment can be tried again, and an open checkout can be resumed."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.exceptions import AccountSuspended
from accounts.models import User
from billing.models import Pack, Purchase
from billing.payments import checkout
from tests.billing.payments.steps import start_purchase, use_stripe
from tests.billing.payments.stripe_stand_in import StripeStandIn
from tests.factories import caller_of, expired_purchase
from tests.rendered import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeStandIn]:
    with StripeStandIn() as stand_in:
        use_stripe(stand_in, settings)
        yield stand_in


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def path_of(purchase: Purchase, suffix: str = "") -> str:
    return f"/dashboard/billing/purchases/{purchase.pk}/{suffix}"


@pytest.mark.parametrize("status", ["failed", "expired"])
def test_an_unpaid_purchase_can_be_tried_again(stripe: StripeStandIn, alices: Client, alice: User, status: str) -> None:
    purchase = expired_purchase(alice, status=status)
    page = alices.get(path_of(purchase))
    pack = Pack.objects.get(credits=100)
    assert f'<form method="post" action="/dashboard/billing/buy/{pack.pk}/">' in page.content.decode()
    assert "Try again for $5" in words(page)


def test_a_pack_that_is_no_longer_sold_leads_to_the_packs(stripe: StripeStandIn, alices: Client, alice: User) -> None:
    Pack.objects.filter(credits=100).update(enabled=False)
    page = alices.get(path_of(expired_purchase(alice, status="failed")))
    assert "Try again for" not in words(page)
    assert 'href="/dashboard/billing/">Choose a pack' in page.content.decode()


def test_an_open_checkout_is_resumed_from_the_billing_page(stripe: StripeStandIn, alices: Client, alice: User) -> None:
    purchase = start_purchase(alice, credits=100)
    for path in ("/dashboard/billing/", path_of(purchase)):
        assert f'href="{path_of(purchase, "checkout")}"' in alices.get(path).content.decode()
    response = alices.get(path_of(purchase, "checkout"))
    assert (response.status_code, response["Location"]) == (302, f"{stripe.url}/pay/{purchase.session_id}")


def test_a_checkout_that_ended_meanwhile_leads_to_the_purchase(
    stripe: StripeStandIn, alices: Client, alice: User
) -> None:
    purchase = start_purchase(alice, credits=100)
    stripe.expire(purchase.session_id or "")
    response = alices.get(path_of(purchase, "checkout"), follow=True)
    assert response.redirect_chain == [(path_of(purchase), 302)]
    assert "Checkout expired" in words(response)


def test_a_paid_purchase_has_no_checkout_to_resume(stripe: StripeStandIn, alices: Client, alice: User) -> None:
    purchase = start_purchase(alice, credits=100)
    stripe.pay(purchase.session_id or "")
    response = alices.get(path_of(purchase, "checkout"), follow=True)
    assert "100 credits added" in words(response)
    assert "Resume" not in words(response)


def test_a_checkout_is_not_resumed_while_stripe_is_down(stripe: StripeStandIn, alices: Client, alice: User) -> None:
    purchase = start_purchase(alice, credits=100)
    stripe.status = 400
    response = alices.get(path_of(purchase, "checkout"), follow=True)
    assert "Payments are temporarily unavailable" in words(response)


def test_a_suspended_account_cannot_resume(stripe: StripeStandIn, alice: User) -> None:
    purchase = start_purchase(alice, credits=100)
    with pytest.raises(AccountSuspended):
        checkout.resume(dataclasses.replace(caller_of(alice), suspended=True), purchase)


def test_a_simulated_checkout_is_resumed(settings: Any, alices: Client, alice: User) -> None:
    settings.DEBUG = True
    purchase = start_purchase(alice, credits=100)
    response = alices.get(path_of(purchase, "checkout"))
    assert response["Location"].endswith(f"/dashboard/billing/simulated/{purchase.session_id}/")
