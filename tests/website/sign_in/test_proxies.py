"""Sign-in behind proxies, also with an X-Forwarded-For that does not match TRUSTED_PROXIES."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.website.sign_in.steps import RESET, SIGN_UP, code_in_mail, is_signed_in, sign_in, verified_user

pytestmark = pytest.mark.django_db

# X-Forwarded-For with TRUSTED_PROXIES = 2, and the address that is recorded; the peer is 10.0.0.1.
FORWARDED = {
    "198.51.100.7, 203.0.113.9, 10.0.0.2": "203.0.113.9",
    "203.0.113.9": "10.0.0.1",
    "": "10.0.0.1",
    "unknown, 10.0.0.2": "10.0.0.1",
    "unknown": "10.0.0.1",
    "203.0.113.9:4711, 10.0.0.2": "203.0.113.9",
}


@pytest.fixture(autouse=True)
def _proxies(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 2


def client_behind(forwarded: str, peer: str = "10.0.0.1") -> Client:
    headers = {"X-Forwarded-For": forwarded} if forwarded else None
    return Client(REMOTE_ADDR=peer, headers=headers)


@pytest.mark.parametrize(("forwarded", "address"), FORWARDED.items())
def test_sign_in_records_the_clients_address(alice: User, forwarded: str, address: str) -> None:
    client = client_behind(forwarded)
    sign_in(client, verified_user(alice).email)
    assert is_signed_in(client)
    assert UserSession.objects.get().ip == address


@pytest.mark.parametrize("forwarded", FORWARDED)
def test_sign_up_and_reset_send_their_code(forwarded: str, alice: User) -> None:
    client_behind(forwarded).post(SIGN_UP, {"email": "new@example.com", "password1": "a quiet lake at dawn"})
    assert code_in_mail()
    mail.outbox.clear()
    client_behind(forwarded).post(RESET, {"email": verified_user(alice).email})
    assert code_in_mail()


def test_a_server_on_a_unix_socket_without_the_header_signs_in(alice: User) -> None:
    client = client_behind("", peer="")
    sign_in(client, verified_user(alice).email)
    assert is_signed_in(client)
