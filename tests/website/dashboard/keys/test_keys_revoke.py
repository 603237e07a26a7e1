"""Revoking a key in the dashboard."""

from typing import Any

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import User
from images import generation
from images.schemas import GenerationArguments
from tests.factories import caller_of
from tests.rendered import words

pytestmark = pytest.mark.django_db


def test_the_consequences_are_shown_before_revoking(alice_client: Client, alice: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    key, _ = api_keys.create(alice, name="Laptop")
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    generation.request(caller_of(alice, key), arguments)
    text = words(alice_client.get(f"/dashboard/keys/{key.pk}/revoke/"))
    assert "Revoke “Laptop”?" in text
    assert "Spent this month 5 credits" in text
    assert "1 image, not affected" in text


def test_opening_the_dialog_revokes_nothing(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    alice_client.get(f"/dashboard/keys/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.is_live


def test_a_revoked_key_is_not_live_and_the_list_shows_it(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    page = alice_client.post(f"/dashboard/keys/{key.pk}/revoke/", follow=True).content.decode()
    key.refresh_from_db()
    assert not key.is_live
    assert "“Laptop” was revoked." in page


def test_revoking_twice_keeps_the_first_time(alice_client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    api_keys.revoke(key)
    key.refresh_from_db()
    before = key.revoked_at
    alice_client.post(f"/dashboard/keys/{key.pk}/revoke/")
    key.refresh_from_db()
    assert key.revoked_at == before
