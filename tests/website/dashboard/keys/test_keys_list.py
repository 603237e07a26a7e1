"""List of keys: last use, spending against the cap, revoked and expired keys."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from images import generation
from images.schemas import GenerationArguments
from tests.factories import caller_of
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/keys/"


def list_text(client: Client) -> str:
    """Return the text of the list."""
    return words(client.get(PATH, headers={"hx-request": "true"}))


def generate(user: User, key: ApiKey) -> None:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    generation.request(caller_of(user, key), arguments)


def test_an_account_without_keys_sees_how_to_start(alice_client: Client) -> None:
    assert "No keys yet. Create one for a program that calls the REST API" in list_text(alice_client)


def test_a_key_shows_only_the_last_four_characters(alice_client: Client, alice: User) -> None:
    _, secret = api_keys.create(alice, name="Laptop")
    page = alice_client.get(PATH).content.decode()
    assert f"sk_…{secret[-4:]}" in page
    assert secret[:20] not in page


def test_spending_is_shown_with_the_cap(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop", monthly_credit_cap=50)
    generate(alice, key)
    assert "5 of 50 credits" in list_text(alice_client)


def test_a_key_near_its_cap_is_marked(alice_client: Client, alice: User) -> None:
    near_cap, _ = api_keys.create(alice, name="Near", monthly_credit_cap=11)
    at_cap, _ = api_keys.create(alice, name="At", monthly_credit_cap=5)
    for key in (near_cap, near_cap, at_cap):
        generate(alice, key)
    text = list_text(alice_client)
    assert "Cap at 90%" in text
    assert "Cap reached" in text


def test_the_last_use_shows_client_time_and_address(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    moment = timezone.now() - timedelta(minutes=5)
    ApiKey.objects.filter(pk=key.pk).update(
        last_used_at=moment, last_used_client="claude-code/2.1.4 (cli)", last_used_address="203.0.113.7"
    )
    assert "Claude Code 5 min ago, from 203.0.113.7" in list_text(alice_client)


def test_the_last_day_of_a_key_is_shown_as_a_day_in_utc(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    ApiKey.objects.filter(pk=key.pk).update(expires_at="2099-03-05T23:59:59Z")
    assert "Expires 5 Mar 2099 (UTC)" in list_text(alice_client)


def test_revoked_and_expired_keys_come_last(alice_client: Client, alice: User) -> None:
    api_keys.create(alice, name="Older")
    expired, _ = api_keys.create(alice, name="Expired one")
    revoked, _ = api_keys.create(alice, name="Revoked one")
    api_keys.revoke(revoked)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(days=1))
    names = [row.key.name for row in alice_client.get(PATH).context["rows"]]
    assert names == ["Older", "Revoked one", "Expired one"]
    assert f"/dashboard/keys/{revoked.pk}/revoke/" not in alice_client.get(PATH).content.decode()


def test_allowed_models_are_listed_unless_all_are_allowed(alice_client: Client, alice: User) -> None:
    api_keys.create(alice, name="One", allowed_models=["google:gemini-3-pro-image-preview"])
    assert "gemini-3-pro" in list_text(alice_client)


def test_another_users_keys_are_not_listed(alice_client: Client, bob: User) -> None:
    api_keys.create(bob, name="Bob's")
    assert "Bob's" not in list_text(alice_client)


def test_fifty_keys_take_no_more_queries_than_one(
    alice_client: Client, alice: User, django_assert_num_queries: Any
) -> None:
    api_keys.create(alice, name="First")
    with django_assert_num_queries(5):
        alice_client.get(PATH)
    for number in range(49):
        api_keys.create(alice, name=f"Key {number}", monthly_credit_cap=10)
    with django_assert_num_queries(5):
        alice_client.get(PATH)


def test_the_key_pages_require_sign_in(client: Client, db: None) -> None:
    for path in (PATH, f"{PATH}new/"):
        assert client.get(path)["Location"].startswith("/accounts/login/")


def test_a_key_without_an_expiry_date_never_expires_in_a_narrow_window(alice_client: Client, alice: User) -> None:
    api_keys.create(alice, name="Laptop")
    text = list_text(alice_client)
    assert "Never expires" in text
    assert "Expires Never" not in text
