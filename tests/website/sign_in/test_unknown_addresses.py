"""No page tells whether an address is known: the answers for both are the same, to the letter."""

from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.website.sign_in.people import (
    ASK_CODE,
    ENTER_CODE,
    ENTER_RESET,
    PASSWORD,
    RESET,
    SIGN_IN,
    SIGN_UP,
    VERIFY,
    settled,
    text_of,
)

pytestmark = pytest.mark.django_db

KNOWN = "alice@example.com"
UNKNOWN = "nobody@example.com"

PAGES: list[tuple[str, str, dict[str, str]]] = [
    (SIGN_IN, SIGN_IN, {"login": "ADDRESS", "password": "wrong"}),
    (SIGN_UP, VERIFY, {"email": "ADDRESS", "password1": PASSWORD}),
    ("/accounts/signup/passkey/", VERIFY, {"email": "ADDRESS"}),
    (ASK_CODE, ENTER_CODE, {"email": "ADDRESS"}),
    (RESET, ENTER_RESET, {"email": "ADDRESS"}),
]


def answers(path: str, code_page: str, fields: dict[str, str], email: str) -> list[Any]:
    client = Client()
    form = {name: value.replace("ADDRESS", email) for name, value in fields.items()}
    asked = client.post(path, form)
    page = client.get(code_page)
    wrong = client.post(code_page, {"code": "never right"}) if code_page != path else asked
    again = client.post(code_page, {"action": "resend"}) if code_page != path else asked
    facts = [
        (each.status_code, sorted(each.headers), each.headers.get("Location"), text_of(each, email))
        for each in (asked, page, wrong, again)
    ]
    return [*facts, sorted(client.cookies)]


@pytest.mark.parametrize(("path", "code_page", "fields"), PAGES)
def test_known_and_unknown_addresses_get_the_same_answers(
    alice: User, path: str, code_page: str, fields: dict[str, str]
) -> None:
    settled(alice)
    assert answers(path, code_page, fields, KNOWN) == answers(path, code_page, fields, UNKNOWN)


class CountingHasher(MD5PasswordHasher):
    """Hashing is what takes long: who counts the hashes need not measure time."""

    hashed: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.mark.parametrize(("path", "code_page", "fields"), PAGES)
def test_both_are_answered_after_as_much_work_and_held_up_alike(
    alice: User, settings: Any, path: str, code_page: str, fields: dict[str, str]
) -> None:
    settled(alice)
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    found = []
    for email in (KNOWN, UNKNOWN):
        CountingHasher.hashed.clear()
        form = {name: value.replace("ADDRESS", email) for name, value in fields.items()}
        answers_to_six = [Client().post(path, form) for _ in range(6)]
        found.append(
            ([(each.status_code, text_of(each, email)) for each in answers_to_six], len(CountingHasher.hashed))
        )
    assert found[0] == found[1]


@pytest.mark.parametrize(("path", "code_page", "fields"), PAGES[1:])
def test_both_get_exactly_one_mail(alice: User, path: str, code_page: str, fields: dict[str, str]) -> None:
    settled(alice)
    for email in (KNOWN, UNKNOWN):
        Client().post(path, {name: value.replace("ADDRESS", email) for name, value in fields.items()})
    assert [message.to for message in mail.outbox] == [[KNOWN], [UNKNOWN]]


def test_changing_to_a_taken_address_is_answered_like_changing_to_a_free_one(alice: User, bob: User) -> None:
    settled(bob)
    settled(alice)
    found = []
    for email in (bob.email, UNKNOWN):
        client = Client()
        client.post(SIGN_IN, {"login": KNOWN, "password": PASSWORD})
        asked = client.post("/accounts/email/", {"email": email, "action_add": ""})
        if "reauthenticate" in asked.headers.get("Location", ""):
            client.post(asked.headers["Location"], {"password": PASSWORD})
        page = client.get(VERIFY)
        found.append((asked.status_code, page.status_code, text_of(page, email)))
    assert found[0] == found[1]
