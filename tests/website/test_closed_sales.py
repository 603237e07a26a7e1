"""A site without a payment gateway sells nothing, and says where credits come from."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing.alerts import low_balance
from billing.exceptions import InsufficientCredits
from billing.models import CreditAccount, Purchase
from tests.billing.payments.steps import spend
from tests.factories import create_user, expired_purchase
from tests.rendered import words

pytestmark = pytest.mark.django_db

ADDRESS = "help@operator.example"
NOTICE = "You can't buy credits on this site. Prices are for reference only. Ask the site's operator for credits"
# A link or a button that can be used, with its text.
LIVE = re.compile(r"<(a|button)\b(?![^>]*\bdisabled\b)[^>]*>(.*?)</\1>", re.DOTALL)
OFFER = re.compile(r"\b(Buy|Add|Add credits|Resume)\b")


def offers(page: str) -> list[str]:
    """Return the texts of links and buttons on a page that lead to a purchase."""
    texts = (re.sub(r"<[^>]+>", "", match[2]).strip() for match in LIVE.finditer(page))
    return [text for text in texts if OFFER.match(text)]


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_pricing_shows_the_notice_above_prices_without_live_buttons(client: Client, settings: Any) -> None:
    settings.SUPPORT_EMAIL = ADDRESS
    page = client.get("/pricing")
    assert offers(page.content.decode()) == []
    text = words(page)
    assert f"{NOTICE}: {ADDRESS}." in text
    assert text.index(NOTICE) < text.index("100 credits")
    assert f'<a href="mailto:{ADDRESS}">{ADDRESS}</a>' in page.content.decode().partition('class="packs"')[0]


def test_the_landing_page_names_no_packs(client: Client) -> None:
    text = words(client.get("/"))
    assert "Packs start at" not in text
    assert "Credits from" not in text
    assert "Images for $" not in text


@pytest.mark.parametrize("credits", [0, 100])
@pytest.mark.parametrize("path", ["/pricing", "/dashboard/", "/dashboard/images/", "/dashboard/billing/"])
def test_no_page_of_a_user_offers_credits(alices: Client, alice: User, path: str, credits: int) -> None:
    CreditAccount.objects.filter(user=alice).update(alert_level=1000)
    if not credits:
        spend(alice, 100)
    open_purchase(alice)
    assert offers(alices.get(path).content.decode()) == []


def test_an_open_purchase_cannot_be_resumed(alices: Client, alice: User) -> None:
    assert offers(alices.get(f"/dashboard/billing/purchases/{open_purchase(alice).pk}/").content.decode()) == []


def test_the_billing_page_shows_the_notice_above_the_packs(alices: Client, settings: Any) -> None:
    settings.SUPPORT_EMAIL = ADDRESS
    text = words(alices.get("/dashboard/billing/"))
    assert text.index(f"{NOTICE}: {ADDRESS}.") < text.index("5.0¢ each")


def test_the_first_steps_say_where_credits_come_from(client: Client, settings: Any) -> None:
    settings.SUPPORT_EMAIL = ADDRESS
    client.force_login(create_user("new@example.com"))
    assert f"Ask the site's operator for credits: {ADDRESS}." in words(client.get("/dashboard/"))


def test_errors_and_emails_do_not_send_people_to_a_shop(alice: User, settings: Any, mailoutbox: list[Any]) -> None:
    settings.SUPPORT_EMAIL = ADDRESS
    message = InsufficientCredits(needed=5, balance=3).message
    assert message.endswith(f"the balance is 3. Ask the site's operator for credits: {ADDRESS}.")
    CreditAccount.objects.filter(user=alice).update(alert_level=1000)
    low_balance.enqueue_due()
    low_balance.send(CreditAccount.objects.get(user=alice).pk)
    assert "Change the alert level:" in mailoutbox[0].body


def test_with_a_gateway_every_offer_is_live(alices: Client, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_the_tests"
    assert "Add" in offers(alices.get("/dashboard/").content.decode())
    assert len(offers(alices.get("/pricing").content.decode())) == 3
    assert NOTICE not in words(alices.get("/pricing"))
    assert "Packs start at $5" in words(alices.get("/"))


def open_purchase(user: User) -> Purchase:
    """Return a purchase whose checkout at Stripe is open."""
    return expired_purchase(user, status=Purchase.Status.OPEN)
