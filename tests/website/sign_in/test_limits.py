"""Sign-in attempts are counted across processes."""

import os
import subprocess
import sys

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.faults.processes import CHECKOUT, database_url
from tests.website.sign_in.steps import sign_in, verified_user

TOO_MANY_TRIES = "Too many attempts. Try again in 10 minutes, or use a passkey or an emailed code."

SIGN_IN_PROGRAM = """
import django; django.setup()
from django.test import Client
response = Client().post("/accounts/login/", {"login": "alice@example.com", "password": "a quiet lake at dawn"})
print(response.status_code, response.content.decode())
"""


@pytest.fixture(autouse=True)
def _alice(alice: User) -> None:
    verified_user(alice)


@pytest.mark.django_db
def test_after_five_failed_attempts_the_right_password_is_refused_too(client: Client) -> None:
    for _ in range(5):
        assert TOO_MANY_TRIES not in sign_in(client, "alice@example.com", "wrong").content.decode()
    assert TOO_MANY_TRIES in sign_in(client, "alice@example.com").content.decode()


@pytest.mark.django_db
def test_another_address_is_not_limited(client: Client) -> None:
    for _ in range(5):
        sign_in(client, "alice@example.com", "wrong")
    assert TOO_MANY_TRIES not in sign_in(client, "bob@example.com", "wrong").content.decode()


@pytest.mark.django_db(transaction=True)
def test_another_process_counts_the_same_attempts(client: Client) -> None:
    for _ in range(5):
        sign_in(client, "alice@example.com", "wrong")
    variables = {"DATABASE_URL": database_url(), "SECRET_KEY": "tests", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", SIGN_IN_PROGRAM]
    environment = {"PATH": os.environ["PATH"], **variables}
    process = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=True)
    assert TOO_MANY_TRIES in process.stdout


def test_counters_are_kept_when_many_others_are_added(db: None) -> None:
    cache.set("0", "the first key in order, which would be culled first", 600)
    for number in range(310):
        cache.set(f"address-{number}", 1, 600)
    assert cache.get("0")
