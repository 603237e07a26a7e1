"""People as they come to the site: with a verified address, a password, a mailbox."""

import re
from typing import Any

from django.core import mail
from django.test import Client

from accounts import addresses
from accounts.models import User

PASSWORD = "a quiet lake at dawn"
SIGN_IN = "/accounts/login/"
SIGN_UP = "/accounts/signup/"
ASK_CODE = "/accounts/login/code/"
ENTER_CODE = "/accounts/login/code/confirm/"
VERIFY = "/accounts/confirm-email/"
RESET = "/accounts/password/reset/"
ENTER_RESET = "/accounts/password/reset/confirm/"
TOKENS = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')


def settled(user: User, password: str = PASSWORD) -> User:
    """Give somebody a password and a verified address."""
    addresses.mark_verified(user)
    user.set_password(password)
    user.save()
    return user


def code_in_mail() -> str:
    """Return the code in the last message."""
    found = re.search(r"^\d{6}$", str(mail.outbox[-1].body), re.MULTILINE)
    assert found, mail.outbox[-1].body
    return found.group()


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    """Send the sign-in form."""
    return client.post(SIGN_IN, {"login": email, "password": password, **more})


def text_of(response: Any, email: str) -> str:
    """Return an answer without what differs from visit to visit."""
    return TOKENS.sub("", response.content.decode()).replace(email, "ADDRESS")


def is_signed_in(client: Client) -> bool:
    """Ask the settings page, which only somebody who has signed in may open."""
    return client.get("/dashboard/settings/").status_code == 200
