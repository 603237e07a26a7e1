"""The settings page and the pages that it links to."""

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import api_keys
from accounts.models import User
from tests.rendered import words
from tests.website.sign_in.steps import (
    PASSWORD,
    VERIFY,
    code_in_mail,
    sign_in,
    sign_in_and_reauthenticate,
    verified_user,
)

pytestmark = pytest.mark.django_db

PAGES = [
    *("/dashboard/settings/", "/dashboard/settings/export", "/dashboard/settings/delete/", "/accounts/email/"),
    *("/accounts/password/change/", "/accounts/2fa/", "/accounts/2fa/webauthn/", "/accounts/2fa/webauthn/add/"),
    *("/accounts/2fa/totp/activate/", "/accounts/sessions/", "/accounts/3rdparty/", "/accounts/logout/"),
]


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    """Return a client in which Alice has signed in and confirmed her password."""
    sign_in_and_reauthenticate(client, alice)
    return client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_the_dashboard_layout_and_one_heading(signed_in: Client, path: str) -> None:
    page = signed_in.get(path)
    assert page.status_code == 200
    assert page.content.decode().count("<h1") == 1
    assert "css/dashboard.css" in page.content.decode()


def test_the_sidebar_marks_settings_as_current_on_linked_pages(signed_in: Client) -> None:
    page = signed_in.get("/accounts/sessions/").content.decode()
    assert 'href="/dashboard/settings/" aria-current="true"' in page


def test_the_page_shows_since_when_the_app_is_on(signed_in: Client, alice: User) -> None:
    TOTP.activate(alice, generate_totp_secret())
    assert f"On since {timezone.now():%-d %b %Y}" in words(signed_in.get("/accounts/2fa/"))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_requires_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"].startswith(("/accounts/login/", "/"))


def test_sensitive_pages_require_reauthentication(client: Client, alice: User) -> None:
    verified_user(alice)
    sign_in(client, alice.email)
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] = 0
    session.save()
    for path in ("/dashboard/settings/delete/", "/accounts/2fa/webauthn/add/", "/accounts/2fa/totp/activate/"):
        assert client.get(path).headers["Location"].startswith("/accounts/reauthenticate/")


def test_deleting_the_account_requires_reauthentication_after_a_recent_sign_in_too(client: Client, alice: User) -> None:
    verified_user(alice)
    sign_in(client, alice.email)
    assert client.get("/dashboard/settings/delete/").headers["Location"].startswith("/accounts/reauthenticate/")


def test_the_settings_state_that_a_deletion_requires_reauthentication_if_it_does(client: Client, alice: User) -> None:
    notice = "confirm that it's you, even if you just signed in"
    verified_user(alice)
    sign_in(client, alice.email)
    assert notice in words(client.get("/dashboard/settings/"))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/dashboard/settings/delete/").status_code == 200
    assert notice not in words(client.get("/dashboard/settings/"))


def test_the_number_of_queries_is_independent_of_the_number_of_keys(
    signed_in: Client, alice: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        api_keys.create(alice, name=f"Key {number}")
    for path in ("/dashboard/settings/", "/dashboard/settings/delete/"):
        with django_assert_max_num_queries(9):
            signed_in.get(path)


def test_a_new_address_is_used_after_its_code_is_entered(signed_in: Client, alice: User) -> None:
    signed_in.post("/accounts/email/", {"email": "new@example.com", "action_add": ""})
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    signed_in.post(VERIFY, {"code": code_in_mail()})
    alice.refresh_from_db()
    assert alice.email == "new@example.com"
    assert mail.outbox[-1].to == ["alice@example.com"]
    assert "from alice@example.com to new@example.com" in mail.outbox[-1].body


def test_changing_the_password_sends_an_email(signed_in: Client, alice: User) -> None:
    new = "a new quiet lake"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    signed_in.post("/accounts/password/change/", form)
    assert "password was changed" in mail.outbox[-1].body
    assert sign_in(Client(), alice.email, new).headers["Location"] == "/dashboard/"


def test_other_sessions_can_be_signed_out(signed_in: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice.email)
    signed_in.post("/accounts/sessions/")
    assert other.get("/dashboard/settings/").status_code == 302
    assert signed_in.get("/dashboard/settings/").status_code == 200


def test_the_list_of_sessions_starts_with_this_browser(signed_in: Client, alice: User) -> None:
    other = Client()
    sign_in(other, alice.email)
    page = words(other.get("/accounts/sessions/"))
    assert page.index("This browser") < page.rindex("signed in")
    assert page.index("This browser") == page.index("This browser", page.index("signed in"))
    assert page.count("signed in", 0, page.index("This browser")) == 2


def test_emails_about_changes_name_browser_and_system(signed_in: Client) -> None:
    new = "a new quiet lake"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    signed_in.post("/accounts/password/change/", form, headers={"user-agent": agent})
    assert "Firefox on Linux" in mail.outbox[-1].body
    assert "Mozilla" not in mail.outbox[-1].body


def test_a_changed_password_leads_back_to_the_settings_with_the_message(signed_in: Client) -> None:
    passwords = {"oldpassword": PASSWORD, "password1": "a loud lake at noon", "password2": "a loud lake at noon"}
    page = signed_in.post("/accounts/password/change/", passwords, follow=True)
    assert page.redirect_chain == [("/dashboard/settings/", 302)]
    assert "Your password was changed." in words(page)
