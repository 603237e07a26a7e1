"""The billing page: balance, packs and purchases."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount, LedgerEntry, Pack
from billing.payments import packs as offers
from tests.billing.payments.steps import spend
from tests.factories import expired_purchase, paid_purchase
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/billing/"


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_packs_are_shown_with_their_savings(alices: Client) -> None:
    text = words(alices.get(PATH))
    assert "100 credits $5 5.0¢ each" in text
    assert "500 credits Save 20% $20 4.0¢ each" in text
    assert "2,000 credits Save 30% $70 3.5¢ each" in text


def test_without_a_gateway_packs_cannot_be_bought(alices: Client) -> None:
    page = alices.get(PATH)
    assert "You can't buy credits on this site." in words(page)
    assert page.content.decode().count("disabled aria-describedby") == Pack.objects.count()


def test_a_disabled_pack_is_not_shown(alices: Client) -> None:
    Pack.objects.filter(credits=100).update(enabled=False)
    assert "5.0¢ each" not in words(alices.get(PATH))


def test_returned_money_is_named_beside_the_total_paid(alices: Client, alice: User) -> None:
    paid_purchase(alice)
    paid_purchase(alice, refunded_cents=500, credits_clawed_back=125)
    paid_purchase(alice, refunded_cents=500, disputed_cents=2000, dispute="lost", credits_clawed_back=500)
    assert "3 paid, $60.00. Returned: $25.00" in words(alices.get(PATH))


def test_savings_are_relative_to_the_most_expensive_pack(db: None) -> None:
    packs = [Pack(credits=10, price_cents=100), Pack(credits=100, price_cents=990)]
    assert [offer.saving_percent for offer in offers.compare(packs)] == [0, 1]


def test_the_number_of_queries_does_not_grow_with_purchases(
    alices: Client, alice: User, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(8):
        alices.get(PATH)
    for _ in range(25):
        expired_purchase(alice)
    with django_assert_num_queries(8):
        alices.get(PATH)


def test_older_purchases_are_loaded_as_rows(alices: Client, alice: User, bob: User) -> None:
    for _ in range(25):
        expired_purchase(alice)
    expired_purchase(bob)
    page = alices.get(PATH).content.decode()
    before = re.search(r"before=([0-9a-f-]+)", page)
    assert page.count('class="purchase-date"') == 20
    assert before is not None
    older = alices.get(PATH, {"before": before[1]}, headers={"HX-Request": "true"}).content.decode()
    assert older.count('class="purchase-date"') == 5
    assert "Older purchases" not in older


def test_credits_owed_are_shown(alices: Client, alice: User) -> None:
    ledger.claw_back(CreditAccount.objects.get(user=alice).pk, credits=140, purchase_id=uuid.uuid4())
    assert "You owe 40 credits." in words(alices.get(PATH))


def backdate_first_charge(user: User, *, days: int) -> None:
    """Move the user's first charge into the past, past the trigger that makes entries immutable."""
    entry = LedgerEntry.objects.filter(account__user=user, type=LedgerEntry.Type.GENERATION).order_by("pk")[0]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    LedgerEntry.objects.filter(pk=entry.pk).update(created_at=timezone.now() - timedelta(days=days))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.parametrize(
    # After 31 days, the charge of today is the only one of the last 30 days.
    ("days", "expected"),
    [(0, None), (6, None), (7, 7), (15, 15), (29, 29), (31, 60)],
)
def test_the_page_estimates_how_long_the_balance_lasts_after_a_week(
    alices: Client, alice: User, days: int, expected: int | None
) -> None:
    assert "At your current pace" not in words(alices.get(PATH))
    spend(alice, 25)
    spend(alice, 25)
    backdate_first_charge(alice, days=days)
    page = words(alices.get(PATH))
    if expected is None:
        assert "At your current pace" not in page
    else:
        assert f"At your current pace, this lasts about {expected} days." in page


def test_the_payment_method_is_not_called_paid_before_the_payment(alices: Client, alice: User) -> None:
    expired_purchase(alice)
    text = words(alices.get(PATH))
    assert "Payment method" in text
    assert "Paid with" not in text
