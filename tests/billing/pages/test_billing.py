"""Billing: the balance and the packs, before anything can be bought."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing import offers
from billing.models import Pack
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/billing/"


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_packs_stand_with_what_they_save(alices: Client) -> None:
    said = words(alices.get(PATH))
    assert "100 credits $5 5.0¢ each" in said
    assert "500 credits Save 20% $20 4.0¢ each" in said
    assert "2,000 credits Save 30% $70 3.5¢ each" in said


def test_nothing_pretends_to_be_for_sale(alices: Client) -> None:
    page = alices.get(PATH)
    assert "Buying credits is not set up on this site yet." in words(page)
    assert page.content.decode().count("disabled aria-describedby") == Pack.objects.count()


def test_a_pack_that_is_off_is_not_shown(alices: Client) -> None:
    Pack.objects.filter(credits=100).update(enabled=False)
    assert "5.0¢ each" not in words(alices.get(PATH))


def test_savings_are_measured_against_the_dearest_pack(db: None) -> None:
    packs = [Pack(credits=10, price_cents=100), Pack(credits=100, price_cents=990)]
    assert [offer.saving_percent for offer in offers.compare(packs)] == [0, 1]


def test_packs_take_one_query(alices: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(4):
        alices.get(PATH)
