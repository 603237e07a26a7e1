"""The name of a passkey: its limit counts characters, and no name is cut."""

from typing import Any, Final

import pytest
from django.test import Client

from accounts.models import User
from accounts.sign_in.passkey_forms import NAME_MAX_CHARACTERS
from tests.rendered import words
from tests.website.sign_in.steps import (
    ENTER_CODE,
    REQUEST_CODE,
    VERIFY,
    add_passkey,
    code_in_mail,
    sign_in_and_reauthenticate,
)

pytestmark = pytest.mark.django_db

ADD: Final = "/accounts/2fa/webauthn/add/"
SIGN_UP_PASSKEY: Final = "/accounts/2fa/webauthn/signup/"
# A character outside of the Basic Multilingual Plane counts as two UTF-16 units.
LONGEST: Final = "🔑" * NAME_MAX_CHARACTERS
TOO_LONG: Final = LONGEST + "🔑"
ERROR: Final = "The name has 61 characters. Shorten it to 60 characters or fewer."


def assert_refused(response: Any) -> None:
    assert response.status_code == 200
    assert ERROR in words(response)
    assert TOO_LONG in response.content.decode()


def assert_counts_characters(response: Any) -> None:
    page = response.content.decode()
    assert f'data-max-characters="{NAME_MAX_CHARACTERS}"' in page
    assert "maxlength" not in page


def test_a_passkey_is_renamed_to_the_longest_name_but_not_to_a_longer_one(client: Client, alice: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    key = add_passkey(alice)
    path = f"/accounts/2fa/webauthn/keys/{key.pk}/edit/"
    client.post(path, {"name": LONGEST})
    assert_refused(client.post(path, {"name": TOO_LONG}))
    key.refresh_from_db()
    assert key.wrap().name == LONGEST
    assert_counts_characters(client.get(path))


def test_a_new_passkey_has_the_same_limit(client: Client, alice: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    assert_refused(client.post(ADD, {"name": TOO_LONG, "credential": "{}"}))
    assert_counts_characters(client.get(ADD))


def test_a_passkey_at_sign_up_has_the_same_limit(client: Client) -> None:
    client.post("/accounts/signup/passkey/", {"email": "new@example.com"})
    assert client.post(VERIFY, {"code": code_in_mail()}).headers["Location"] == SIGN_UP_PASSKEY
    assert_refused(client.post(SIGN_UP_PASSKEY, {"name": TOO_LONG, "credential": "{}"}))
    assert_counts_characters(client.get(SIGN_UP_PASSKEY))


def test_a_pasted_code_is_not_cut(client: Client, alice: User) -> None:
    anonymous = Client()
    anonymous.post(REQUEST_CODE, {"email": alice.email})
    assert "maxlength" not in anonymous.get(ENTER_CODE).content.decode()
    sign_in_and_reauthenticate(client, alice)
    assert "maxlength" not in client.get("/accounts/2fa/totp/activate/").content.decode()
