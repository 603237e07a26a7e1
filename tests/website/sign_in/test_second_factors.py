"""What opens an account beside or instead of a password: an authenticator app, recovery codes, passkeys."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.rendered import words
from tests.website.sign_in.people import app_code, code_in_mail, come_in, is_signed_in, passkey, settled, sign_in

pytestmark = pytest.mark.django_db

AUTHENTICATE = "/accounts/2fa/authenticate/"
APP_OFF = "/accounts/2fa/totp/deactivate/"
CODES = "/accounts/2fa/recovery-codes/"
PASSKEYS = "/accounts/2fa/webauthn/"


@pytest.fixture
def secret(client: Client, alice: User) -> str:
    """Alice has signed in; her app and her recovery codes are on; this is the app's secret."""
    come_in(client, alice)
    secret = str(generate_totp_secret())
    TOTP.activate(alice, secret)
    RecoveryCodes.activate(alice)
    return secret


def outcomes(alice: User, code: str) -> list[Any]:
    """Return where this code leads two browsers, one after the other, that gave the password."""
    browsers = Client(), Client()
    for each in browsers:
        assert sign_in(each, alice.email).headers["Location"] == AUTHENTICATE
        assert not is_signed_in(each)
    return [each.post(AUTHENTICATE, {"code": code}).headers.get("Location") for each in browsers]


def test_a_code_from_the_app_opens_the_account_once(alice: User, secret: str) -> None:
    assert outcomes(alice, app_code(secret)) == ["/dashboard/", None]


def test_a_recovery_code_opens_the_account_once(alice: User, secret: str) -> None:
    codes = RecoveryCodes(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES))
    assert outcomes(alice, codes.get_unused_codes()[0]) == ["/dashboard/", None]


def test_a_code_by_mail_is_not_enough_either(alice: User, secret: str) -> None:
    client = Client()
    client.post("/accounts/login/code/", {"email": alice.email})
    assert client.post("/accounts/login/code/confirm/", {"code": code_in_mail()}).headers["Location"] == AUTHENTICATE
    assert not is_signed_in(client)


def test_turning_the_app_off_is_told_by_mail_and_ends_the_second_step(client: Client, alice: User, secret: str) -> None:
    client.post(APP_OFF)
    assert "authenticator app" in mail.outbox[-1].body
    assert sign_in(Client(), alice.email).headers["Location"] == "/dashboard/"


def test_recovery_codes_can_be_kept_as_a_file_that_no_cache_keeps(client: Client, secret: str) -> None:
    file = client.get(CODES + "download/")
    shown = words(client.get(CODES))
    codes = file.content.decode().split()[-10:]
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert "no-store" in file.headers["Cache-Control"]
    assert all(code in shown for code in codes)


def test_new_recovery_codes_end_the_old_ones(client: Client, alice: User, secret: str) -> None:
    old = RecoveryCodes(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)).get_unused_codes()
    client.post(CODES + "generate/")
    assert outcomes(alice, old[0]) == [None, None]


def test_a_passkey_is_renamed_and_removed(client: Client, alice: User) -> None:
    come_in(client, alice)
    key = passkey(alice)
    client.post(f"{PASSKEYS}keys/{key.pk}/edit/", {"name": "Old telephone"})
    assert "Old telephone" in words(client.get(PASSKEYS))
    client.post(f"{PASSKEYS}keys/{key.pk}/remove/")
    assert not Authenticator.objects.filter(user=alice).exists()


@pytest.mark.parametrize("verb", ["edit", "remove"])
def test_anothers_passkey_is_not_there(client: Client, alice: User, bob: User, verb: str) -> None:
    come_in(client, alice)
    bobs = passkey(settled(bob))
    path = f"{PASSKEYS}keys/{bobs.pk}/{verb}/"
    assert {client.get(path).status_code, client.post(path, {"name": "Mine now"}).status_code} == {404}
    bobs.refresh_from_db()
    assert bobs.wrap().name == "Work laptop"
