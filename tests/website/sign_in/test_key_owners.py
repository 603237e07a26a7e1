"""A user created with `create_api_key` signs in with a code or a password reset, which verifies the address."""

import io

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.test import Client

from tests.website.sign_in.steps import (
    ENTER_CODE,
    ENTER_RESET,
    REQUEST_CODE,
    RESET,
    SIGN_UP,
    code_in_mail,
    is_signed_in,
)

pytestmark = pytest.mark.django_db

EMAIL = "Owner@Example.com"


@pytest.fixture(autouse=True)
def _key() -> None:
    call_command("create_api_key", EMAIL, "CI", "--create-user", stdout=io.StringIO())


def is_verified() -> bool:
    return bool(EmailAddress.objects.filter(email=EMAIL.lower(), verified=True, primary=True).exists())


def test_one_code_signs_in_and_verifies(client: Client) -> None:
    client.post(REQUEST_CODE, {"email": EMAIL})
    assert client.post(ENTER_CODE, {"code": code_in_mail()}).headers["Location"] == "/dashboard/"
    assert is_signed_in(client)
    assert is_verified()


def test_a_reset_verifies(client: Client) -> None:
    client.post(RESET, {"email": EMAIL})
    client.post(ENTER_RESET, {"code": code_in_mail()})
    assert is_verified()


def test_signing_up_responds_as_for_any_known_address(client: Client) -> None:
    response = client.post(SIGN_UP, {"email": EMAIL, "password1": "a quiet lake at dawn"})
    assert response.status_code == 302
    assert EmailAddress.objects.filter(verified=True).count() == 0
