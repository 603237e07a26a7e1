"""Sign-up with a password and an address that is verified by a code."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.website.sign_in.steps import PASSWORD, SIGN_UP, VERIFY, code_in_mail, is_signed_in

pytestmark = pytest.mark.django_db


def sign_up(client: Client, email: str = "new@example.com", password: str = PASSWORD) -> str:
    return str(client.post(SIGN_UP, {"email": email, "password1": password}).headers.get("Location"))


def test_the_emailed_code_opens_the_dashboard(client: Client) -> None:
    assert sign_up(client) == VERIFY
    assert not is_signed_in(client)
    assert client.post(VERIFY, {"code": code_in_mail()}).headers["Location"] == "/dashboard/"
    assert is_signed_in(client)


def test_a_wrong_code_verifies_nothing(client: Client) -> None:
    sign_up(client)
    wrong = "000000" if code_in_mail() != "000000" else "000001"
    assert "This code is incorrect or has expired" in client.post(VERIFY, {"code": wrong}).content.decode()
    assert not is_signed_in(client)


def test_after_three_wrong_codes_the_right_one_is_rejected(client: Client) -> None:
    sign_up(client)
    for _ in range(3):
        client.post(VERIFY, {"code": "not it"})
    client.post(VERIFY, {"code": code_in_mail()})
    assert not is_signed_in(client)


def test_addresses_are_stored_in_lower_case(client: Client) -> None:
    sign_up(client, "New@Example.COM")
    assert User.objects.get().email == "new@example.com"


def test_a_common_password_is_rejected(client: Client) -> None:
    response = client.post(SIGN_UP, {"email": "new@example.com", "password1": "password"})
    assert "too common" in response.content.decode()
    assert not User.objects.exists()


def test_the_email_is_short_and_names_the_site(client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://images.example"
    sign_up(client)
    message = mail.outbox[-1]
    assert message.from_email.startswith("Get Images <")
    assert message.body.endswith("\nGet Images\nhttps://images.example")
    assert "expires after 10 minutes" in message.body
    assert len(message.body.splitlines()) < 12


def test_the_password_of_a_sign_up_with_another_persons_address_is_removed(client: Client) -> None:
    sign_up(client, "owner@example.com", "the intruder's choice")
    owner = Client()
    owner.post("/accounts/login/code/", {"email": "owner@example.com"})
    owner.post("/accounts/login/code/confirm/", {"code": code_in_mail()})
    assert is_signed_in(owner)
    response = Client().post("/accounts/login/", {"login": "owner@example.com", "password": "the intruder's choice"})
    assert "don&#x27;t match" in response.content.decode()
