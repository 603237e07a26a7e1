"""Sign-in with a password or a code, and refusal of suspended users."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.website.sign_in.steps import (
    ENTER_CODE,
    ENTER_RESET,
    PASSWORD,
    REQUEST_CODE,
    RESET,
    SIGN_IN,
    code_in_mail,
    is_signed_in,
    sign_in,
    verified_user,
)

pytestmark = pytest.mark.django_db


def sign_in_with_code(client: Client, email: str) -> str:
    client.post(REQUEST_CODE, {"email": email})
    return str(client.post(ENTER_CODE, {"code": code_in_mail()}).headers.get("Location"))


def test_signing_in_with_the_password_opens_the_dashboard(client: Client, alice: User) -> None:
    verified_user(alice)
    assert sign_in(client, "Alice@Example.com").headers["Location"] == "/dashboard/"


def test_signing_in_with_a_code_opens_the_dashboard(client: Client, alice: User) -> None:
    verified_user(alice)
    assert sign_in_with_code(client, alice.email) == "/dashboard/"
    assert is_signed_in(client)


def test_a_wrong_password_shows_the_specified_message(client: Client, alice: User) -> None:
    verified_user(alice)
    assert "That email and password don&#x27;t match." in sign_in(client, alice.email, "wrong").content.decode()


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_next_never_redirects_to_another_site(client: Client, alice: User, next_url: str) -> None:
    verified_user(alice)
    assert sign_in(client, alice.email, next=next_url).headers["Location"] == "/dashboard/"


def test_next_redirects_to_a_page_of_this_site(client: Client, alice: User) -> None:
    verified_user(alice)
    assert sign_in(client, alice.email, next="/dashboard/settings/").headers["Location"] == "/dashboard/settings/"


def test_signing_out_redirects_only_to_this_site(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.post("/accounts/logout/", {"next": "https://evil.example/"}).headers["Location"] == "/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("state", [{"suspended_at": timezone.now()}, {"is_active": False}])
def test_only_the_right_password_reveals_a_suspension(client: Client, alice: User, state: dict[str, object]) -> None:
    verified_user(alice)
    User.objects.filter(pk=alice.pk).update(**state)
    assert "don&#x27;t match" in sign_in(client, alice.email, "wrong").content.decode()
    assert sign_in(client, alice.email, PASSWORD).headers["Location"] == "/accounts/inactive/"
    assert "suspended" in client.get("/accounts/inactive/").content.decode()
    assert not is_signed_in(client)


def test_a_suspended_user_cannot_sign_in_with_a_code(client: Client, alice: User) -> None:
    verified_user(alice)
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    assert sign_in_with_code(client, alice.email) == "/accounts/inactive/"
    assert not is_signed_in(client)


def test_a_reset_by_code_sets_a_new_password(client: Client, alice: User) -> None:
    verified_user(alice)
    client.post(RESET, {"email": alice.email})
    response = client.post(ENTER_RESET, {"code": code_in_mail()})
    new = {"password1": "another quiet lake", "password2": "another quiet lake"}
    client.post(response.headers["Location"], new)
    assert "don&#x27;t match" in sign_in(Client(), alice.email).content.decode()
    assert sign_in(Client(), alice.email, "another quiet lake").headers["Location"] == "/dashboard/"


def test_the_tab_key_reaches_the_password_before_the_link_for_a_forgotten_one(client: Client) -> None:
    page = client.get(SIGN_IN).content.decode()
    assert page.index('name="login"') < page.index('name="password"') < page.index("Forgot password?")
