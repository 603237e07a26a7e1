"""Responses for known and unknown addresses are identical, so that no page reveals which accounts exist."""

from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.website.sign_in.steps import (
    ENTER_CODE,
    ENTER_RESET,
    PASSWORD,
    REQUEST_CODE,
    RESET,
    SIGN_IN,
    SIGN_UP,
    VERIFY,
    comparable_content,
    verified_user,
)

pytestmark = pytest.mark.django_db

KNOWN = "alice@example.com"
UNKNOWN = "nobody@example.com"

PAGES: list[tuple[str, str, dict[str, str]]] = [
    (SIGN_IN, SIGN_IN, {"login": "ADDRESS", "password": "wrong"}),
    (SIGN_UP, VERIFY, {"email": "ADDRESS", "password1": PASSWORD}),
    ("/accounts/signup/passkey/", VERIFY, {"email": "ADDRESS"}),
    (REQUEST_CODE, ENTER_CODE, {"email": "ADDRESS"}),
    (RESET, ENTER_RESET, {"email": "ADDRESS"}),
]


def observations(path: str, code_page: str, fields: dict[str, str], email: str) -> list[Any]:
    """Return everything that a client can observe when it submits the form and the code page with this address."""
    client = Client()
    form = {name: value.replace("ADDRESS", email) for name, value in fields.items()}
    submitted = client.post(path, form)
    page = client.get(code_page)
    wrong_code = client.post(code_page, {"code": "never right"}) if code_page != path else submitted
    resent = client.post(code_page, {"action": "resend"}) if code_page != path else submitted
    responses = [
        (
            response.status_code,
            sorted(response.headers),
            response.headers.get("Location"),
            comparable_content(response, email),
        )
        for response in (submitted, page, wrong_code, resent)
    ]
    return [*responses, sorted(client.cookies)]


@pytest.mark.parametrize(("path", "code_page", "fields"), PAGES)
def test_known_and_unknown_addresses_get_the_same_responses(
    alice: User, path: str, code_page: str, fields: dict[str, str]
) -> None:
    verified_user(alice)
    assert observations(path, code_page, fields, KNOWN) == observations(path, code_page, fields, UNKNOWN)


class CountingHasher(MD5PasswordHasher):
    """Records the passwords that were hashed. Hashing dominates the response time, so no clock is needed."""

    hashed: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.mark.parametrize(("path", "code_page", "fields"), PAGES)
def test_both_cost_the_same_work_and_have_the_same_limit(
    alice: User, settings: Any, path: str, code_page: str, fields: dict[str, str]
) -> None:
    verified_user(alice)
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    results = []
    for email in (KNOWN, UNKNOWN):
        CountingHasher.hashed.clear()
        form = {name: value.replace("ADDRESS", email) for name, value in fields.items()}
        responses = [Client().post(path, form) for _ in range(6)]
        contents = [(response.status_code, comparable_content(response, email)) for response in responses]
        results.append((contents, len(CountingHasher.hashed)))
    assert results[0] == results[1]


@pytest.mark.parametrize(("path", "code_page", "fields"), PAGES[1:])
def test_both_get_exactly_one_email(alice: User, path: str, code_page: str, fields: dict[str, str]) -> None:
    verified_user(alice)
    for email in (KNOWN, UNKNOWN):
        Client().post(path, {name: value.replace("ADDRESS", email) for name, value in fields.items()})
    assert [message.to for message in mail.outbox] == [[KNOWN], [UNKNOWN]]


def test_changing_to_a_taken_address_responds_like_changing_to_a_free_one(alice: User, bob: User) -> None:
    verified_user(bob)
    verified_user(alice)
    results = []
    for email in (bob.email, UNKNOWN):
        client = Client()
        client.post(SIGN_IN, {"login": KNOWN, "password": PASSWORD})
        response = client.post("/accounts/email/", {"email": email, "action_add": ""})
        if "reauthenticate" in response.headers.get("Location", ""):
            client.post(response.headers["Location"], {"password": PASSWORD})
        page = client.get(VERIFY)
        results.append((response.status_code, page.status_code, comparable_content(page, email)))
    assert results[0] == results[1]
