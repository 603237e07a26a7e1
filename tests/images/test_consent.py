"""Confirmation of a price: what a key requires, what a confirmation covers, and that nothing is charged without it."""

import uuid
from typing import Any

import pytest

from accounts import api_keys
from accounts.models import ApiKey, User
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from billing.models import LedgerEntry
from images import generation
from images.consent import UNCONFIRMED, Confirmation
from images.exceptions import ConfirmationRequired, ConfirmationUsed, PriceAboveLimit
from images.models import Image
from images.schemas import GenerationArguments
from tests.concurrency import at_once
from tests.factories import MODEL, balance, caller_of, set_price

PRICE = 5


@pytest.fixture
def key(db: None, alice: User) -> ApiKey:
    """A key whose images need a confirmation."""
    return api_keys.create(alice, name="Agent", confirm_above=PRICE - 1)[0]


def request_image(
    key: ApiKey, confirmation: Confirmation | None = UNCONFIRMED, **fields: Any
) -> generation.GenerationReceipt:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": MODEL, **fields})
    return generation.request(caller_of(key.user, key), arguments, confirmation=confirmation)


def test_a_price_above_the_limit_needs_a_confirmation(key: ApiKey) -> None:
    with pytest.raises(
        ConfirmationRequired, match=r"costs 5 credits.* above 4.* balance is 100.*confirmCredits set to 5"
    ):
        request_image(key)
    assert (balance(key.user), Image.objects.count()) == (100, 0)


@pytest.mark.parametrize("credits", [1, PRICE - 1, PRICE + 1])
def test_the_confirmation_of_another_price_is_not_enough(key: ApiKey, credits: int) -> None:
    with pytest.raises(ConfirmationRequired):
        request_image(key, Confirmation(credits))
    assert balance(key.user) == 100


def test_a_confirmed_price_is_charged(key: ApiKey) -> None:
    assert request_image(key, Confirmation(PRICE)).balance == 100 - PRICE


@pytest.mark.parametrize("limit", [None, PRICE, PRICE + 1])
def test_a_price_up_to_the_limit_needs_none(key: ApiKey, limit: int | None) -> None:
    ApiKey.objects.update(confirm_above=limit)
    key.refresh_from_db()
    assert request_image(key).balance == 100 - PRICE


def test_only_requests_over_mcp_need_one(key: ApiKey) -> None:
    assert request_image(key, None).balance == 100 - PRICE


def test_a_price_that_cannot_be_paid_needs_no_confirmation(key: ApiKey) -> None:
    with pytest.raises(PriceAboveLimit):
        request_image(key, maxCredits=PRICE - 1)
    ApiKey.objects.update(monthly_credit_cap=PRICE - 1)
    key.refresh_from_db()
    with pytest.raises(KeyCapExceeded):
        request_image(key)
    set_price(MODEL, 101)
    ApiKey.objects.update(monthly_credit_cap=None)
    key.refresh_from_db()
    with pytest.raises(InsufficientCredits):
        request_image(key)


def test_the_confirmation_of_an_image_is_valid_once(key: ApiKey) -> None:
    confirmation = Confirmation(PRICE, uuid.uuid4())
    assert request_image(key, confirmation).image.id == confirmation.image_id
    with pytest.raises(ConfirmationUsed, match=str(confirmation.image_id)):
        request_image(key, confirmation)
    Image.objects.erase_content()
    with pytest.raises(ConfirmationUsed):
        request_image(key, confirmation, prompt="another lake")
    assert balance(key.user) == 100 - PRICE


def test_a_repeated_request_needs_no_second_confirmation(key: ApiKey) -> None:
    confirmation = Confirmation(PRICE, uuid.uuid4())
    first = request_image(key, confirmation, idempotencyKey="k")
    again = [request_image(key, repeated, idempotencyKey="k") for repeated in (confirmation, UNCONFIRMED)]
    assert [(receipt.image, receipt.replayed) for receipt in again] == [(first.image, True)] * 2
    assert balance(key.user) == 100 - PRICE


@pytest.mark.django_db(transaction=True)
def test_a_confirmation_used_at_the_same_time_charges_once(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Agent", confirm_above=0)
    confirmation = Confirmation(PRICE, uuid.uuid4())
    outcomes = at_once(*[lambda: request_image(key, confirmation)] * 4)
    assert sorted(outcomes) == ["confirmation_used"] * 3 + ["done"]
    assert LedgerEntry.objects.filter(type="generation").count() == 1
