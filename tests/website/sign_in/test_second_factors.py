"""Authenticator apps, recovery codes and passkeys."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.rendered import words
from tests.website.sign_in.steps import (
    AUTHENTICATE,
    ENTER_CODE,
    ENTER_RESET,
    NEW_PASSWORD,
    PASSWORD,
    REQUEST_CODE,
    RESET,
    SIGN_UP,
    VERIFY,
    account_rows,
    add_passkey,
    app_code,
    code_in_mail,
    is_signed_in,
    sign_in,
    sign_in_and_reauthenticate,
    verified_user,
)

pytestmark = pytest.mark.django_db

APP_OFF = "/accounts/2fa/totp/deactivate/"
CODES = "/accounts/2fa/recovery-codes/"
PASSKEYS = "/accounts/2fa/webauthn/"


@pytest.fixture
def secret(client: Client, alice: User) -> str:
    """Sign Alice in, turn on her authenticator app and recovery codes, and return the app's secret."""
    sign_in_and_reauthenticate(client, alice)
    secret = str(generate_totp_secret())
    TOTP.activate(alice, secret)
    RecoveryCodes.activate(alice)
    return secret


def second_step_redirects(alice: User, code: str) -> list[Any]:
    """Enter the password and then this code in two browsers; return the redirect of each."""
    browsers = Client(), Client()
    for browser in browsers:
        assert sign_in(browser, alice.email).headers["Location"] == AUTHENTICATE
        assert not is_signed_in(browser)
    return [browser.post(AUTHENTICATE, {"code": code}).headers.get("Location") for browser in browsers]


def test_a_code_from_the_app_signs_in_once(alice: User, secret: str) -> None:
    assert second_step_redirects(alice, app_code(secret)) == ["/dashboard/", None]


def test_a_recovery_code_signs_in_once(alice: User, secret: str) -> None:
    codes = RecoveryCodes(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES))
    assert second_step_redirects(alice, codes.get_unused_codes()[0]) == ["/dashboard/", None]


def _enter_password(client: Client, user: User) -> None:
    sign_in(client, user.email)


def _enter_sign_in_code(client: Client, user: User) -> None:
    client.post(REQUEST_CODE, {"email": user.email})
    client.post(ENTER_CODE, {"code": code_in_mail()})


def _enter_reset_code(client: Client, user: User) -> None:
    client.post(RESET, {"email": user.email})
    client.post(ENTER_RESET, {"code": code_in_mail()})
    client.get(NEW_PASSWORD)


# What changes an account, with the fields of its form.
CHANGES: dict[str, dict[str, str]] = {
    NEW_PASSWORD: {"password1": "another quiet lake", "password2": "another quiet lake"},
    VERIFY: {"code": "000000"},
    "/accounts/email/": {"email": "new@example.com", "action_add": ""},
    "/accounts/password/change/": {"oldpassword": PASSWORD, "password1": "another quiet lake"},
    "/accounts/password/set/": {"password1": "another quiet lake", "password2": "another quiet lake"},
    APP_OFF: {},
    CODES + "generate/": {},
    PASSKEYS + "add/": {"name": "Mine now"},
    "/accounts/sessions/": {},
    "/dashboard/settings/delete/": {"email": "alice@example.com"},
}


@pytest.mark.parametrize("enter", [_enter_password, _enter_sign_in_code, _enter_reset_code])
def test_nothing_changes_before_the_second_step(
    alice: User, secret: str, enter: Callable[[Client, User], None]
) -> None:
    rows = account_rows(alice)
    client = Client()
    enter(client, alice)
    assert client.get(AUTHENTICATE).status_code == 200
    for path, fields in CHANGES.items():
        client.post(path, fields)
        assert account_rows(alice) == rows, path
    assert not is_signed_in(client)


def test_an_emailed_code_does_not_replace_the_second_step(alice: User, secret: str) -> None:
    client = Client()
    client.post("/accounts/login/code/", {"email": alice.email})
    assert client.post("/accounts/login/code/confirm/", {"code": code_in_mail()}).headers["Location"] == AUTHENTICATE
    assert not is_signed_in(client)


def test_turning_off_the_app_sends_an_email_and_removes_the_second_step(
    client: Client, alice: User, secret: str
) -> None:
    client.post(APP_OFF)
    assert "authenticator app" in mail.outbox[-1].body
    assert sign_in(Client(), alice.email).headers["Location"] == "/dashboard/"


def test_recovery_codes_are_downloaded_and_not_cached(client: Client, secret: str) -> None:
    file = client.get(CODES + "download/")
    page = words(client.get(CODES))
    codes = file.content.decode().split()[-10:]
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in file.headers["Cache-Control"]
    assert all(code in page for code in codes)


def test_new_recovery_codes_replace_the_old_ones(client: Client, alice: User, secret: str) -> None:
    old = RecoveryCodes(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)).get_unused_codes()
    client.post(CODES + "generate/")
    assert second_step_redirects(alice, old[0]) == [None, None]


def test_a_passkey_is_renamed_and_removed(client: Client, alice: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    key = add_passkey(alice)
    client.post(f"{PASSKEYS}keys/{key.pk}/edit/", {"name": "Old telephone"})
    assert "Old telephone" in words(client.get(PASSKEYS))
    client.post(f"{PASSKEYS}keys/{key.pk}/remove/")
    assert not Authenticator.objects.filter(user=alice).exists()


@pytest.mark.parametrize("verb", ["edit", "remove"])
def test_another_users_passkey_is_not_found(client: Client, alice: User, bob: User, verb: str) -> None:
    sign_in_and_reauthenticate(client, alice)
    bobs = add_passkey(verified_user(bob))
    path = f"{PASSKEYS}keys/{bobs.pk}/{verb}/"
    assert {client.get(path).status_code, client.post(path, {"name": "Mine now"}).status_code} == {404}
    bobs.refresh_from_db()
    assert bobs.wrap().name == "Work laptop"


@pytest.mark.parametrize(("minutes", "is_asked"), [(1, False), (6, True)])
def test_a_recent_password_sign_in_confirms_a_change(client: Client, alice: User, minutes: int, is_asked: bool) -> None:
    sign_in(client, verified_user(alice).email)
    session = client.session
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= minutes * 60
    session.save()
    location = client.get("/accounts/2fa/totp/activate/").headers.get("Location", "")
    assert location.startswith("/accounts/reauthenticate/") == is_asked


def test_deleting_the_account_requires_the_password_again(client: Client, alice: User) -> None:
    sign_in(client, verified_user(alice).email)
    assert client.get("/dashboard/settings/delete/").headers["Location"].startswith("/accounts/reauthenticate/")


def test_only_methods_that_were_set_up_are_offered(client: Client, alice: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    add_passkey(alice)
    RecoveryCodes.activate(alice)
    assert "or Use a recovery code Use your passkey" in words(client.get("/accounts/reauthenticate/"))
    TOTP.activate(alice, generate_totp_secret())
    assert "or Use a code from your app Use your passkey" in words(client.get("/accounts/reauthenticate/"))


def test_a_session_without_a_recorded_sign_in_confirms_nothing(client: Client, alice: User) -> None:
    client.force_login(verified_user(alice), backend="accounts.backends.ModelBackend")
    assert client.get("/accounts/2fa/totp/activate/").headers["Location"].startswith("/accounts/reauthenticate/")


def test_the_password_of_a_new_account_confirms_a_change(client: Client) -> None:
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD})
    client.post(VERIFY, {"code": code_in_mail()})
    for path in ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/"):
        assert client.get(path).status_code == 200, path


def test_the_current_password_of_a_changed_one_confirms_a_change(client: Client, alice: User) -> None:
    client.force_login(verified_user(alice), backend="accounts.backends.ModelBackend")
    passwords = {"oldpassword": PASSWORD, "password1": "a loud lake at noon", "password2": "a loud lake at noon"}
    client.post("/accounts/password/change/", passwords)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    # A deletion asks for it in any case.
    assert client.get("/dashboard/settings/delete/").headers["Location"].startswith("/accounts/reauthenticate/")


def test_the_email_page_leads_back_to_a_code_that_was_not_entered(client: Client, alice: User) -> None:
    sign_in(client, verified_user(alice).email)
    assert "We sent a code" not in words(client.get("/accounts/email/"))
    client.post("/accounts/email/", {"action_add": "", "email": "other@example.com"})
    page = client.get("/accounts/email/")
    assert "We sent a code to other@example.com." in words(page)
    assert f'href="{VERIFY}"' in page.content.decode()
    client.post(VERIFY, {"code": code_in_mail()})
    assert "We sent a code" not in words(client.get("/accounts/email/"))


def test_a_verified_change_of_address_confirms_nothing(client: Client, alice: User) -> None:
    sign_in(client, verified_user(alice).email)
    client.post("/accounts/email/", {"action_add": "", "email": "other@example.com"})
    session = client.session
    session.pop(AUTHENTICATION_METHODS_SESSION_KEY)
    session.save()
    client.post(VERIFY, {"code": code_in_mail()})
    assert client.get("/accounts/2fa/totp/activate/").headers["Location"].startswith("/accounts/reauthenticate/")


def test_the_second_step_offers_a_passkey_only_if_there_is_one(client: Client, alice: User, secret: str) -> None:
    other = Client()
    sign_in(other, alice.email)
    assert "Use your passkey" not in words(other.get(AUTHENTICATE))
    add_passkey(alice)
    assert "Use your passkey" in words(other.get(AUTHENTICATE))
