"""The list of keys: last use, spending against the cap, and what has ended."""

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


def listed(client: Client) -> str:
    """Return what the list says."""
    return words(client.get(PATH, headers={"hx-request": "true"}))


def generate(user: User, key: ApiKey) -> None:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    generation.request(caller_of(user, key), arguments)


def test_an_account_without_keys_is_told_what_they_are_for(alices_client: Client) -> None:
    assert "No keys yet. Create one for your first machine or agent." in listed(alices_client)


def test_a_key_shows_its_end_and_no_more_of_its_secret(alices_client: Client, alice: User) -> None:
    _, secret = api_keys.create(alice, name="Laptop")
    page = alices_client.get(PATH).content.decode()
    assert f"sk_…{secret[-4:]}" in page
    assert secret[:20] not in page


def test_spending_stands_beside_the_cap(alices_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop", monthly_credit_cap=50)
    generate(alice, key)
    assert "5 of 50 credits" in listed(alices_client)


def test_a_key_near_its_cap_says_so(alices_client: Client, alice: User) -> None:
    near, _ = api_keys.create(alice, name="Near", monthly_credit_cap=11)
    at, _ = api_keys.create(alice, name="At", monthly_credit_cap=5)
    for key in (near, near, at):
        generate(alice, key)
    said = listed(alices_client)
    assert "Cap at 90%" in said
    assert "Cap reached" in said


def test_the_last_use_names_the_client_the_moment_and_the_address(alices_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    moment = timezone.now() - timedelta(minutes=5)
    ApiKey.objects.filter(pk=key.pk).update(
        last_used_at=moment, last_used_client="claude-code/2.1.4 (cli)", last_used_address="203.0.113.7"
    )
    assert "Claude Code 5 min ago, from 203.0.113.7" in listed(alices_client)


def test_keys_that_ended_come_last(alices_client: Client, alice: User) -> None:
    api_keys.create(alice, name="Older")
    expired, _ = api_keys.create(alice, name="Expired one")
    revoked, _ = api_keys.create(alice, name="Revoked one")
    api_keys.revoke(revoked)
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(days=1))
    names = [row.key.name for row in alices_client.get(PATH).context["rows"]]
    assert names == ["Older", "Revoked one", "Expired one"]
    assert f"/dashboard/keys/{revoked.pk}/revoke/" not in alices_client.get(PATH).content.decode()


def test_models_are_named_where_not_all_are_allowed(alices_client: Client, alice: User) -> None:
    api_keys.create(alice, name="One", allowed_models=["google:gemini-3-pro-image-preview"])
    assert "gemini-3-pro" in listed(alices_client)


def test_another_users_keys_are_not_listed(alices_client: Client, bob: User) -> None:
    api_keys.create(bob, name="Bob's")
    assert "Bob's" not in listed(alices_client)


def test_fifty_keys_take_no_more_queries_than_one(
    alices_client: Client, alice: User, django_assert_num_queries: Any
) -> None:
    api_keys.create(alice, name="First")
    with django_assert_num_queries(5):
        alices_client.get(PATH)
    for number in range(49):
        api_keys.create(alice, name=f"Key {number}", monthly_credit_cap=10)
    with django_assert_num_queries(5):
        alices_client.get(PATH)


def test_who_has_not_signed_in_is_asked_to(client: Client, db: None) -> None:
    for path in (PATH, f"{PATH}new/"):
        assert client.get(path)["Location"].startswith("/accounts/login/")
