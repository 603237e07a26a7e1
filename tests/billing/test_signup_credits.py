"""Credits for a new account are given once: for an address, for an account, and whatever comes together."""

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
from tests.factories import balance, member
from tests.website.sign_in.steps import PASSWORD, SIGN_UP, VERIFY, code_in_mail, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _generous(settings: Any) -> None:
    settings.SIGNUP_CREDITS = 20


def come_in(email: str) -> User:
    # A second code within ten seconds would be refused.
    cache.clear()
    client = Client()
    client.post(SIGN_UP, {"email": email, "password1": PASSWORD})
    assert client.post(VERIFY, {"code": code_in_mail()}).headers["Location"] == "/dashboard/"
    return User.objects.get(email=email)


def test_they_come_with_the_verified_address_and_not_before(client: Client) -> None:
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
    user = User.objects.get()
    assert balance(user) == 0
    client.post(VERIFY, {"code": code_in_mail()})
    assert balance(user) == 20
    assert LedgerEntry.objects.get().type == "grant"
    assert not list(audit.breaches())


def test_an_address_that_comes_back_after_deletion_gets_none() -> None:
    deletion.delete(come_in("new@example.com"))
    assert balance(come_in("new@example.com")) == 0


def test_changing_the_address_gives_none_again() -> None:
    user = come_in("new@example.com")
    client = Client()
    sign_in(client, user.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "other@example.com", "action_add": ""})
    client.post(VERIFY, {"code": code_in_mail()})
    user.refresh_from_db()
    assert (user.email, balance(user)) == ("other@example.com", 20)


def test_a_new_secret_key_gives_none_again(settings: Any) -> None:
    deletion.delete(come_in("new@example.com"))
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert balance(come_in("new@example.com")) == 0


def test_nothing_is_remembered_in_words() -> None:
    come_in("new@example.com")
    assert all(len(bytes(each.digest)) == 32 for each in SignupGrant.objects.all())


def test_an_address_that_another_service_has_verified_gets_them(alice: User) -> None:
    email_addresses.mark_verified(alice)
    user_signed_up.send(sender=User, request=None, user=alice)
    assert balance(alice) == 120


def test_an_address_that_nobody_has_verified_gets_none(alice: User) -> None:
    user_signed_up.send(sender=User, request=None, user=alice)
    assert balance(alice) == 100


def test_without_the_setting_nothing_is_given_or_remembered(settings: Any) -> None:
    settings.SIGNUP_CREDITS = 0
    assert balance(come_in("new@example.com")) == 0
    assert not SignupGrant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_confirmations_at_once_give_them_once() -> None:
    user = member("new@example.com")
    outcomes = at_once(*[lambda: signup_credits.grant_once(user.id, user.email)] * 4)
    assert sorted(outcomes) == ["done", "nothing", "nothing", "nothing"]
    assert balance(user) == 20
