"""Tries at signing in are counted for all processes together."""

import os
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.faults.processes import CHECKOUT, database_url
from tests.website.sign_in.people import settled, sign_in

TOO_MANY = "Too many tries. Try again in 10 minutes, or use a passkey."

ELSEWHERE = """
import django; django.setup()
from django.test import Client
answer = Client().post("/accounts/login/", {"login": "alice@example.com", "password": "a quiet lake at dawn"})
print(answer.status_code, answer.content.decode())
"""


@pytest.fixture(autouse=True)
def _alice(alice: User) -> None:
    settled(alice)


@pytest.mark.django_db
def test_after_five_wrong_tries_the_right_password_waits_too(client: Client) -> None:
    for _ in range(5):
        assert TOO_MANY not in sign_in(client, "alice@example.com", "wrong").content.decode()
    assert TOO_MANY in sign_in(client, "alice@example.com").content.decode()


@pytest.mark.django_db
def test_another_address_is_not_held_up(client: Client) -> None:
    for _ in range(5):
        sign_in(client, "alice@example.com", "wrong")
    assert TOO_MANY not in sign_in(client, "bob@example.com", "wrong").content.decode()


@pytest.mark.django_db(transaction=True)
def test_another_process_knows_of_the_tries(client: Client) -> None:
    for _ in range(5):
        sign_in(client, "alice@example.com", "wrong")
    variables = {"DATABASE_URL": database_url(), "SECRET_KEY": "tests", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", ELSEWHERE]
    environment = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    assert TOO_MANY in done.stdout


def test_tries_are_not_forgotten_when_many_others_are_counted(db: None) -> None:
    cache.set("0", "the first of all in order, which would go first", 600)
    for number in range(310):
        cache.set(f"address-{number}", 1, 600)
    assert cache.get("0")
