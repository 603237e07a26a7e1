"""Addresses that look alike: one account for each mailbox, found by one normal form in every form and command."""

import io
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from billing import signup_credits
from tests.factories import balance, create_user
from tests.rendered import words
from tests.website.sign_in.steps import (
    PASSWORD,
    REQUEST_CODE,
    RESET,
    SIGN_IN,
    SIGN_UP,
    VERIFY,
    code_in_mail,
    is_signed_in,
    sign_in,
    sign_in_and_reauthenticate,
    verified_user,
)

pytestmark = pytest.mark.django_db

LONG_S = "\N{LATIN SMALL LETTER LONG S}usi@example.com"
DOTLESS = "sus\N{LATIN SMALL LETTER DOTLESS I}@example.com"
DOTTED = "SUS\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}@example.com"
KELVIN = "\N{KELVIN SIGN}arl@example.com"
LOOK_ALIKES = [LONG_S, DOTLESS, DOTTED]
# Other spellings of susi@example.com that name the same mailbox.
SPELLINGS = ["Susi@Example.com", LONG_S, "susi@\uff45xample.com", "susi@example\u3002com", " susi@example.com "]
REFUSED = [
    DOTLESS,
    "susi@exa\u200bmple.com",
    "susi@exa\u00admple.com",
    "su\u200dsi@example.com",
    "susi@ex\N{CYRILLIC SMALL LETTER A}mple.com",
    "s\N{CYRILLIC SMALL LETTER U}si@example.com",
    "susi@example\u202e.com",
    "susi@exam\x00ple.com",
    '"susi"@example.com',
    "susi@[127.0.0.1]",
]


@pytest.fixture
def susi(db: None) -> User:
    return verified_user(create_user("susi@example.com"))


def sign_up(email: str) -> Any:
    return Client().post(SIGN_UP, {"email": email, "password1": "the choice of another person"})


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
def test_a_look_alike_that_signed_up_does_not_stop_the_owners_sign_in(susi: User, look_alike: str) -> None:
    sign_up(look_alike)
    client = Client()
    assert sign_in(client, susi.email).headers["Location"] == "/dashboard/"
    assert is_signed_in(client)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_signs_up_to_the_same_account(susi: User, spelling: str) -> None:
    assert sign_up(spelling).headers["Location"] == VERIFY
    assert "already have an account" in mail.outbox[-1].body
    assert User.objects.count() == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_signs_in(susi: User, spelling: str) -> None:
    assert sign_in(Client(), spelling).headers.get("Location") == "/dashboard/"


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("path", [REQUEST_CODE, RESET])
def test_every_spelling_gets_its_code_at_the_stored_address(susi: User, spelling: str, path: str) -> None:
    Client().post(path, {"email": spelling})
    assert mail.outbox[-1].to == [susi.email]
    assert code_in_mail()


@pytest.mark.parametrize("address", REFUSED)
def test_an_address_that_can_deceive_is_refused(address: str) -> None:
    response = sign_up(address)
    assert response.status_code == 200
    assert "email" in response.context["form"].errors
    assert not User.objects.exists()


def test_the_error_names_the_problem() -> None:
    assert "hidden or control characters" in words(sign_up("susi@exa\u200bmple.com"))
    assert "mixes letters from different alphabets" in words(sign_up("susi@ex\N{CYRILLIC SMALL LETTER A}mple.com"))


@pytest.mark.parametrize(("path", "field"), [(SIGN_IN, "login"), (REQUEST_CODE, "email"), (RESET, "email")])
@pytest.mark.parametrize("address", REFUSED)
def test_no_form_accepts_an_address_that_can_deceive(susi: User, address: str, path: str, field: str) -> None:
    response = Client().post(path, {field: address, "password": PASSWORD})
    assert response.status_code == 200
    assert response.context["form"].errors
    assert mail.outbox == []


def test_an_international_domain_is_stored_in_one_form(client: Client) -> None:
    client.post(SIGN_UP, {"email": "Ada@M\u00fcller.example", "password1": PASSWORD})
    assert User.objects.get().email == "ada@xn--mller-kva.example"
    client.post(VERIFY, {"code": code_in_mail()})
    assert sign_in(Client(), "ada@mu\u0308ller.EXAMPLE").headers["Location"] == "/dashboard/"


def test_an_address_is_changed_to_its_normal_form(client: Client, alice: User, susi: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    assert "already your email" in words(
        client.post("/accounts/email/", {"email": "ALICE@ex\uff41mple.com", "action_add": ""})
    )
    client.post("/accounts/email/", {"email": KELVIN, "action_add": ""})
    assert mail.outbox[-1].to == ["karl@example.com"]
    client.post(VERIFY, {"code": code_in_mail()})
    alice.refresh_from_db()
    assert alice.email == "karl@example.com"


def test_an_address_is_not_changed_to_a_spelling_of_another_account(client: Client, alice: User, susi: User) -> None:
    sign_in_and_reauthenticate(client, alice)
    client.post("/accounts/email/", {"email": LONG_S, "action_add": ""})
    client.post(VERIFY, {"code": code_in_mail()})
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
def test_a_look_alike_mailbox_changes_nothing_before_the_second_factor(susi: User, look_alike: str) -> None:
    TOTP.activate(susi, str(generate_totp_secret()))
    client = Client()
    sign_in(client, look_alike)
    for message in mail.outbox:
        assert message.to == [susi.email]
    client.get(VERIFY)
    susi.refresh_from_db()
    assert susi.email == "susi@example.com"
    assert list(EmailAddress.objects.values_list("email", "verified")) == [("susi@example.com", True)]


def test_an_unverified_address_is_verified_only_after_the_second_factor(susi: User) -> None:
    TOTP.activate(susi, str(generate_totp_secret()))
    EmailAddress.objects.update(verified=False)
    assert sign_in(Client(), susi.email).headers["Location"] == "/accounts/2fa/authenticate/"
    assert mail.outbox == []


@pytest.mark.parametrize("path", [REQUEST_CODE, RESET])
def test_a_code_does_not_verify_an_address_before_the_second_factor(susi: User, path: str, client: Client) -> None:
    TOTP.activate(susi, str(generate_totp_secret()))
    EmailAddress.objects.update(verified=False)
    client.post(path, {"email": susi.email})
    client.post(path.rstrip("/") + "/confirm/", {"code": code_in_mail()})
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_failed_attempts_of_every_spelling_are_counted_together(susi: User) -> None:
    cache.clear()
    for spelling in SPELLINGS:
        sign_in(Client(), spelling, "wrong")
    assert "Too many attempts" in words(sign_in(Client(), susi.email))


def test_sign_up_credits_are_granted_once_for_every_spelling(susi: User, alice: User, settings: Any) -> None:
    settings.SIGNUP_CREDITS = 20
    assert signup_credits.grant_once(susi.pk, susi.email)
    assert not any(signup_credits.grant_once(alice.pk, spelling) for spelling in SPELLINGS)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_commands_find_the_account_by_every_spelling(susi: User, spelling: str) -> None:
    call_command("grant_credits", spelling, "5", "--reason", "test", stdout=io.StringIO())
    call_command("create_api_key", spelling, "Laptop", stdout=io.StringIO())
    assert (balance(susi), susi.api_keys.count()) == (5, 1)


@pytest.mark.parametrize("address", REFUSED)
def test_commands_refuse_an_address_that_can_deceive(susi: User, address: str) -> None:
    for command in (
        ["grant_credits", address, "5", "--reason=test"],
        ["create_api_key", address, "CI", "--create-user"],
    ):
        with pytest.raises(CommandError, match="email"):
            call_command(*command, stdout=io.StringIO())
    assert (balance(susi), User.objects.count()) == (0, 1)
