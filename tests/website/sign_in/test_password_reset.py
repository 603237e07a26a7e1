"""Password reset by code. With a second factor, the password changes only after the factor is passed."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.rendered import words
from tests.website.sign_in.steps import (
    AUTHENTICATE,
    ENTER_RESET,
    NEW_PASSWORD,
    PASSWORD,
    RESET,
    SIGN_IN,
    add_passkey,
    app_code,
    code_in_mail,
    is_signed_in,
    sign_in,
    verified_user,
)

pytestmark = pytest.mark.django_db

OTHER_PASSWORD: Final = "another quiet lake"
CHOICE: Final = {"password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}


def add_app(user: User) -> str:
    """Turn on an authenticator app and return its secret."""
    secret = str(generate_totp_secret())
    TOTP.activate(user, secret)
    return secret


def enter_emailed_code(client: Client, user: User) -> None:
    """Request a reset and enter the code from the email."""
    client.post(RESET, {"email": user.email})
    assert client.post(ENTER_RESET, {"code": code_in_mail()}).headers["Location"] == NEW_PASSWORD


def has_password(user: User, password: str) -> bool:
    user.refresh_from_db()
    return user.check_password(password)


@pytest.mark.parametrize("add_factor", [add_app, add_passkey])
def test_the_mailbox_alone_does_not_change_the_password(
    client: Client, alice: User, add_factor: Callable[[User], Any]
) -> None:
    add_factor(verified_user(alice))
    enter_emailed_code(client, alice)
    assert client.post(NEW_PASSWORD, CHOICE).headers["Location"] == AUTHENTICATE
    assert client.get(NEW_PASSWORD).headers["Location"] == AUTHENTICATE
    assert has_password(alice, PASSWORD)
    assert not is_signed_in(client)
    assert len(mail.outbox) == 1


def test_a_wrong_second_factor_does_not_change_the_password(client: Client, alice: User) -> None:
    add_app(verified_user(alice))
    enter_emailed_code(client, alice)
    client.get(NEW_PASSWORD)
    assert "This code is incorrect or has expired." in words(client.post(AUTHENTICATE, {"code": "not it"}))
    client.post(NEW_PASSWORD, CHOICE)
    assert has_password(alice, PASSWORD)


def test_after_the_second_factor_the_new_password_is_set(client: Client, alice: User) -> None:
    secret = add_app(verified_user(alice))
    enter_emailed_code(client, alice)
    client.get(NEW_PASSWORD)
    assert client.post(AUTHENTICATE, {"code": app_code(secret)}).headers["Location"] == NEW_PASSWORD
    assert "Choose a new password" in words(client.get(NEW_PASSWORD))
    page = client.post(NEW_PASSWORD, CHOICE, follow=True)
    assert "Password changed" in words(page)
    # A message would repeat the heading.
    assert not list(page.context["messages"])
    assert has_password(alice, OTHER_PASSWORD)


def test_a_reset_with_a_second_factor_keeps_its_session_and_ends_the_others(client: Client, alice: User) -> None:
    other = Client()
    sign_in(other, verified_user(alice).email)
    secret = add_app(alice)
    enter_emailed_code(client, alice)
    client.get(NEW_PASSWORD)
    client.post(AUTHENTICATE, {"code": app_code(secret)})
    assert "You are signed in." in words(client.post(NEW_PASSWORD, CHOICE, follow=True))
    assert (is_signed_in(client), is_signed_in(other)) == (True, False)
    assert UserSession.objects.filter(session_key=client.session.session_key, user=alice).exists()


def test_a_reset_without_a_second_factor_leads_to_sign_in(client: Client, alice: User) -> None:
    enter_emailed_code(client, verified_user(alice))
    page = client.post(NEW_PASSWORD, CHOICE, follow=True)
    assert "You can now sign in with your new password." in words(page)
    assert not is_signed_in(client)
    assert has_password(alice, OTHER_PASSWORD)


def test_a_factor_added_during_the_reset_is_required(client: Client, alice: User) -> None:
    enter_emailed_code(client, verified_user(alice))
    client.get(NEW_PASSWORD)
    add_app(alice)
    assert client.post(NEW_PASSWORD, CHOICE).headers["Location"] == AUTHENTICATE
    assert has_password(alice, PASSWORD)


def test_the_session_of_another_user_does_not_count_as_the_second_factor(
    client: Client, alice: User, bob: User
) -> None:
    secret = add_app(verified_user(alice))
    sign_in(client, verified_user(bob).email)
    enter_emailed_code(client, alice)
    assert client.post(NEW_PASSWORD, CHOICE).headers["Location"] == AUTHENTICATE
    assert has_password(alice, PASSWORD)
    client.post(AUTHENTICATE, {"code": app_code(secret)})
    client.post(NEW_PASSWORD, CHOICE)
    assert has_password(alice, OTHER_PASSWORD)
    assert has_password(bob, PASSWORD)


def test_the_mailbox_alone_does_not_clear_the_failed_attempts(client: Client, alice: User) -> None:
    add_app(verified_user(alice))
    for _ in range(5):
        sign_in(Client(), alice.email, "wrong")
    enter_emailed_code(client, alice)
    client.post(NEW_PASSWORD, CHOICE)
    assert "Too many attempts" in words(Client().post(SIGN_IN, {"login": alice.email, "password": PASSWORD}))


@pytest.mark.parametrize("email", ["alice@example.com", "nobody@example.com"])
def test_the_page_for_the_code_can_send_a_new_one(client: Client, alice: User, email: str) -> None:
    verified_user(alice)
    page = client.post(RESET, {"email": email}, follow=True).content.decode()
    form = page.partition('id="resend"')[2].partition("</form>")[0]
    assert f'action="{RESET}"' in form
    assert dict(re.findall(r'name="(email|action)" value="([^"]*)"', form)) == {"email": email}
    client.post(RESET, {"email": email})
    assert [message.to for message in mail.outbox] == [[email], [email]]


def test_only_the_newest_code_is_accepted(client: Client, alice: User) -> None:
    client.post(RESET, {"email": verified_user(alice).email})
    first = code_in_mail()
    while code_in_mail() == first:
        client.post(RESET, {"email": alice.email})
    assert client.post(ENTER_RESET, {"code": first}).status_code == 200
    assert client.post(ENTER_RESET, {"code": code_in_mail()}).headers["Location"] == NEW_PASSWORD
