"""The settings and every page behind them."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import api_keys
from accounts.models import User
from tests.website.sign_in.people import PASSWORD, VERIFY, code_in_mail, come_in, settled, sign_in

pytestmark = pytest.mark.django_db

PAGES = [
    *("/dashboard/settings/", "/dashboard/settings/export", "/dashboard/settings/delete/", "/accounts/email/"),
    *("/accounts/password/change/", "/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/"),
    *("/accounts/2fa/totp/activate/", "/accounts/sessions/", "/accounts/3rdparty/", "/accounts/logout/"),
]


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    """Alice, who has just confirmed that it is she."""
    come_in(client, alice)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_stands_in_the_dashboard_and_has_one_heading(signed_in: Client, path: str) -> None:
    page = signed_in.get(path)
    assert page.status_code == 200
    assert page.content.decode().count("<h1") == 1
    assert "css/dashboard.css" in page.content.decode()


def test_the_sidebar_says_that_a_page_behind_them_is_of_the_settings(signed_in: Client) -> None:
    page = signed_in.get("/accounts/sessions/").content.decode()
    assert 'href="/dashboard/settings/" aria-current="true"' in page


def test_the_day_is_named_on_which_the_app_was_turned_on(signed_in: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    assert f"On since {timezone.now():%-d %B %Y}" in signed_in.get("/accounts/2fa/").content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_nobody_sees_it_without_signing_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(("/accounts/login/", "/"))


def test_deleting_and_passkeys_ask_again_who_it_is(client: Client, alice: User) -> None:
    settled(alice)
    sign_in(client, alice.email)
    for path in ("/dashboard/settings/delete/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/"):
        assert client.get(path).headers["Location"].startswith("/accounts/reauthenticate/")


def test_queries_do_not_grow_with_what_the_account_has(
    signed_in: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        api_keys.create(alice, name=f"Key {number}")
    for path in ("/dashboard/settings/", "/dashboard/settings/delete/"):
        with django_assert_max_num_queries(8):
            signed_in.get(path)


def test_a_new_address_counts_once_its_code_is_entered(signed_in: Client, alice: User) -> None:
    signed_in.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    signed_in.post(VERIFY, {"code": code_in_mail()})
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    assert mail.outbox[-1].to == ["alice@example.com"]
    assert "from alice@example.com to new@example.com" in mail.outbox[-1].body


def test_changing_the_password_is_told_by_mail(signed_in: Client, alice: User) -> None:
    new = "a new quiet lake"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    signed_in.post("/accounts/password/change/", form)
    assert "password was changed" in mail.outbox[-1].body
    assert sign_in(Client(), alice.email, new).headers["Location"] == "/dashboard/"


def test_the_other_sessions_can_be_ended(signed_in: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice.email)
    signed_in.post("/accounts/sessions/")
    assert other.get("/dashboard/settings/").status_code == 302
    assert signed_in.get("/dashboard/settings/").status_code == 200
