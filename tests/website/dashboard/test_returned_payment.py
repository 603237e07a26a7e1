"""A payment that is returned after its credits were spent: every page shows what was removed and what is owed."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing import ledger
from billing.models import LedgerEntry, Purchase
from billing.payments import purchase_history, simulation
from tests.billing.payments.steps import spend, start_purchase
from tests.factories import create_user, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

MINUS = "\N{MINUS SIGN}"
OWED = "You owe 90 credits"
PAGES = ("/dashboard/", "/dashboard/generate/", "/dashboard/usage/", "/dashboard/billing/")


@pytest.fixture
def carol(client: Client, settings: Any) -> User:
    """A signed-in user without credits, on a site with simulated payments."""
    settings.DEBUG = True
    user = create_user("carol@example.com")
    client.force_login(user)
    return user


def paid(user: User) -> Purchase:
    purchase = start_purchase(user, credits=100)
    assert simulation.apply_action(purchase.simulated, "pay")
    return purchase


def refund(purchase: Purchase, cents: int = 500) -> Purchase:
    purchase.simulated.refresh_from_db()
    assert simulation.refund(purchase.simulated, cents)
    purchase.refresh_from_db()
    return purchase


def refunded_after_spending(user: User) -> Purchase:
    """Return a refunded purchase of 100 credits, 90 of which were spent before."""
    purchase = paid(user)
    queued_image(user)
    spend(user, 85)
    return refund(purchase)


def page(client: Client, purchase: Purchase) -> str:
    return words(client.get(f"/dashboard/billing/purchases/{purchase.pk}/"))


def test_the_purchase_shows_what_was_removed_and_what_is_owed(client: Client, carol: User) -> None:
    text = page(client, refunded_after_spending(carol))
    assert "Payment refunded 10 credits were removed from your balance. The other 90 were already spent." in text
    assert OWED in text
    assert "Credits removed 10 of 100" in text
    assert "Returned $5.00" in text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_with_a_balance_shows_the_credits_owed(client: Client, carol: User, path: str) -> None:
    refunded_after_spending(carol)
    assert OWED in words(client.get(path))


def test_without_a_debt_no_page_mentions_one(client: Client, carol: User) -> None:
    refund(paid(carol))
    for path in PAGES:
        assert "owe" not in words(client.get(path)).replace("lower", "").replace("power", "")


def test_the_ledger_shows_the_removal_and_the_debt(client: Client, carol: User) -> None:
    refunded_after_spending(carol)
    text = words(client.get("/dashboard/usage/"))
    assert f"Reversal Payment refunded, 90 more credits owed {MINUS}10 credits" in text
    assert "Chargeback" not in text


def test_a_dispute_is_named_in_the_ledger(client: Client, carol: User) -> None:
    purchase = paid(carol)
    simulation.apply_action(purchase.simulated, "dispute")
    entry = LedgerEntry.objects.latest("position")
    assert (entry.type, entry.description) == ("chargeback", "Payment disputed")


def test_a_repaid_debt_is_shown_as_repaid(client: Client, carol: User) -> None:
    purchase = refunded_after_spending(carol)
    ledger.grant(carol.pk, amount=100, reason="sorry")
    text = page(client, purchase)
    assert "The other 90 were already spent and have been repaid from credits added later." in text
    assert "You owe" not in text


def test_a_partial_refund_shows_the_credits_that_remain(client: Client, carol: User) -> None:
    text = page(client, refund(paid(carol), 125))
    assert "Payment partly refunded 25 credits were removed from your balance." in text
    assert "Credits removed 25 of 100" in text
    assert "Returned $1.25" in text


def test_reinstated_credits_are_not_shown_as_removed(carol: User) -> None:
    purchase = refunded_after_spending(carol)
    ledger.reinstate(purchase.account_id, credits=95, purchase_id=purchase.pk)
    Purchase.objects.filter(pk=purchase.pk).update(credits_clawed_back=5)
    purchase.refresh_from_db()
    returned = purchase_history.returned_credits(purchase)
    assert (returned.removed, returned.already_spent) == (5, 0)


def test_the_heading_of_the_purchases_names_paid_and_returned_money(client: Client, carol: User) -> None:
    refund(paid(carol))
    assert "1 paid, $5.00. Returned: $5.00" in words(client.get("/dashboard/billing/"))


@pytest.mark.parametrize("path", ["/dashboard/", "/dashboard/images/", "/dashboard/billing/purchases/{purchase}/"])
def test_without_credits_the_main_button_buys_credits(client: Client, carol: User, path: str) -> None:
    purchase = refunded_after_spending(carol)
    page = client.get(path.format(purchase=purchase.pk)).content.decode()
    assert 'class="button button-primary" href="/dashboard/generate/"' not in page
    assert 'class="button button-primary" href="/dashboard/billing/">Add credits' in page


@pytest.mark.parametrize("path", ["/dashboard/", "/dashboard/images/"])
def test_a_new_account_without_credits_is_not_led_to_generate(client: Client, carol: User, path: str) -> None:
    page = client.get(path).content.decode()
    main = page[page.index("<main") : page.index("</main")]
    assert 'href="/dashboard/generate/"' not in main
