"""Sign-up credits are granted once per email address and per user, even concurrently."""

from typing import Any

import pytest
from allauth.account.signals import user_signed_up
from django.core.cache import cache
from django.test import Client

from accounts import deletion
from accounts.models import User
from accounts.sign_in import email_addresses
from billing import audit, signup_credits
from billing.models import LedgerEntry, SignupGrant
from tests.concurrency import at_once
from tests.factories import balance, create_user
from tests.website.sign_in.steps import PASSWORD, SIGN_UP, VERIFY, code_in_mail, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _signup_credits(settings: Any) -> None:
    settings.SIGNUP_CREDITS = 20


def sign_up(email: str) -> User:
    # Without the rate limit, which rejects a second code within ten seconds.
    cache.clear()
    client = Client()
    client.post(SIGN_UP, {"email": email, "password1": PASSWORD})
    assert client.post(VERIFY, {"code": code_in_mail()}).headers["Location"] == "/dashboard/"
    return User.objects.get(email=email)


def test_credits_are_granted_when_the_address_is_verified(client: Client) -> None:
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
    user = User.objects.get()
    assert balance(user) == 0
    client.post(VERIFY, {"code": code_in_mail()})
    assert balance(user) == 20
    assert LedgerEntry.objects.get().type == "grant"
    assert not list(audit.breaches())


def test_the_address_of_a_deleted_user_gets_none() -> None:
    deletion.delete(sign_up("new@example.com"))
    assert balance(sign_up("new@example.com")) == 0


def test_a_changed_address_gets_none() -> None:
    user = sign_up("new@example.com")
    client = Client()
    sign_in(client, user.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "other@example.com", "action_add": ""})
    client.post(VERIFY, {"code": code_in_mail()})
    user.refresh_from_db()
    assert (user.email, balance(user)) == ("other@example.com", 20)


def test_a_new_secret_key_allows_no_second_grant(settings: Any) -> None:
    deletion.delete(sign_up("new@example.com"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert balance(sign_up("new@example.com")) == 0


def test_only_digests_are_stored() -> None:
    sign_up("new@example.com")
    assert all(len(bytes(grant.digest)) == 32 for grant in SignupGrant.objects.all())


def test_an_address_verified_by_an_identity_provider_gets_credits(alice: User) -> None:
    email_addresses.mark_verified(alice)
    user_signed_up.send(sender=User, request=None, user=alice)
    assert balance(alice) == 120


def test_an_unverified_address_gets_none(alice: User) -> None:
    user_signed_up.send(sender=User, request=None, user=alice)
    assert balance(alice) == 100


def test_without_the_setting_nothing_is_granted_or_stored(settings: Any) -> None:
    settings.SIGNUP_CREDITS = 0
    assert balance(sign_up("new@example.com")) == 0
    assert not SignupGrant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_confirmations_grant_once() -> None:
    user = create_user("new@example.com")
    outcomes = at_once(*[lambda: signup_credits.grant_once(user.id, user.email)] * 4)
    assert sorted(outcomes) == ["done", "nothing", "nothing", "nothing"]
    assert balance(user) == 20
