"""Renaming a key, and changing what it may spend."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.website.dashboard.keys.form_data import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(alice: User) -> ApiKey:
    return api_keys.create(alice, name="Laptop", monthly_credit_cap=40, allowed_models=["openai:gpt-image-2"])[0]


def path(key: ApiKey) -> str:
    return f"/dashboard/keys/{key.pk}/"


def test_the_form_holds_what_the_key_has(alices_client: Client, key: ApiKey) -> None:
    page = alices_client.get(path(key)).content.decode()
    assert 'value="Laptop"' in page
    assert 'value="40"' in page
    assert page.count(" checked") == 1


def test_a_change_holds_from_then_on(alices_client: Client, key: ApiKey) -> None:
    page = alices_client.post(path(key), asked(name="Studio", monthly_credit_cap="90"), follow=True)
    key.refresh_from_db()
    assert (key.name, key.monthly_credit_cap, key.allowed_models) == ("Studio", 90, None)
    assert "Saved “Studio”" in page.content.decode()


def test_a_cap_is_taken_off_by_leaving_it_empty(alices_client: Client, key: ApiKey) -> None:
    alices_client.post(path(key), asked(monthly_credit_cap=""))
    key.refresh_from_db()
    assert key.monthly_credit_cap is None


def test_a_change_keeps_the_rules(alices_client: Client, key: ApiKey) -> None:
    response = alices_client.post(path(key), asked(name="", monthly_credit_cap="0"))
    assert response.status_code == 422
    key.refresh_from_db()
    assert (key.name, key.monthly_credit_cap) == ("Laptop", 40)


def test_a_revoked_key_cannot_be_changed(alices_client: Client, key: ApiKey) -> None:
    api_keys.revoke(key)
    assert alices_client.post(path(key), asked()).status_code == 409
    key.refresh_from_db()
    assert key.name == "Laptop"


def test_an_expired_key_is_not_brought_back(alices_client: Client, key: ApiKey) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert alices_client.post(path(key), asked(expires_at="")).status_code == 409


@pytest.mark.parametrize("end", ["", "revoke/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_users_key_is_not_found(alices_client: Client, bob: User, end: str, method: str) -> None:
    bobs, _ = api_keys.create(bob, name="Bob's")
    for key_id in (bobs.pk, uuid.uuid4()):
        assert getattr(alices_client, method)(f"/dashboard/keys/{key_id}/{end}").status_code == 404
    bobs.refresh_from_db()
    assert (bobs.name, bobs.revoked_at) == ("Bob's", None)
