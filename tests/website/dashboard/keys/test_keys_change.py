"""Changing the name and the limits of a key."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.website.dashboard.keys.form_data import key_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(alice: User) -> ApiKey:
    return api_keys.create(alice, name="Laptop", monthly_credit_cap=40, allowed_models=["openai:gpt-image-2"])[0]


def path(key: ApiKey) -> str:
    return f"/dashboard/keys/{key.pk}/"


def test_the_form_contains_the_values_of_the_key(alice_client: Client, key: ApiKey) -> None:
    page = alice_client.get(path(key)).content.decode()
    assert 'value="Laptop"' in page
    assert 'value="40"' in page
    assert page.count(" checked") == 1


def test_a_change_is_stored(alice_client: Client, key: ApiKey) -> None:
    page = alice_client.post(path(key), key_form(name="Studio", monthly_credit_cap="90"), follow=True)
    key.refresh_from_db()
    assert (key.name, key.monthly_credit_cap, key.allowed_models) == ("Studio", 90, None)
    assert "“Studio” was saved." in page.content.decode()


def test_a_confirmation_limit_is_stored_shown_and_removed(alice_client: Client, key: ApiKey) -> None:
    page = alice_client.post(path(key), key_form(confirm_above="1200"), follow=True).content.decode()
    key.refresh_from_db()
    assert (key.confirm_above, "Asks above 1,200" in page) == (1200, True)
    assert 'value="1200"' in alice_client.get(path(key)).content.decode()
    alice_client.post(path(key), key_form(confirm_above=""))
    key.refresh_from_db()
    assert key.confirm_above is None


def test_an_empty_cap_removes_the_cap(alice_client: Client, key: ApiKey) -> None:
    alice_client.post(path(key), key_form(monthly_credit_cap=""))
    key.refresh_from_db()
    assert key.monthly_credit_cap is None


def test_an_invalid_change_is_refused(alice_client: Client, key: ApiKey) -> None:
    response = alice_client.post(path(key), key_form(name="", monthly_credit_cap="0"))
    assert response.status_code == 422
    key.refresh_from_db()
    assert (key.name, key.monthly_credit_cap) == ("Laptop", 40)


def test_a_revoked_key_cannot_be_changed(alice_client: Client, key: ApiKey) -> None:
    api_keys.revoke(key)
    assert alice_client.post(path(key), key_form()).status_code == 409
    key.refresh_from_db()
    assert key.name == "Laptop"


def test_an_expired_key_cannot_be_reactivated(alice_client: Client, key: ApiKey) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert alice_client.post(path(key), key_form(expires_at="")).status_code == 409


@pytest.mark.parametrize("suffix", ["", "revoke/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_users_key_is_not_found(alice_client: Client, bob: User, suffix: str, method: str) -> None:
    bobs_key, _ = api_keys.create(bob, name="Bob's")
    for key_id in (bobs_key.pk, uuid.uuid4()):
        assert getattr(alice_client, method)(f"/dashboard/keys/{key_id}/{suffix}").status_code == 404
    bobs_key.refresh_from_db()
    assert (bobs_key.name, bobs_key.revoked_at) == ("Bob's", None)
