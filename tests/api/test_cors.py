"""Pages of other origins may call the API with a key, and with nothing else."""

import httpx2
import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.api.program import PATH, Program, refusal

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = {"Origin": "https://elsewhere.example"}


def test_a_preflight_is_answered_without_a_key(program: Program) -> None:
    asked = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = httpx2.options(program.url + PATH + "images", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"authorization", "content-type", "idempotency-key", "prefer", "range"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, DELETE"
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["account", "images/none"])
def test_a_page_may_read_answers_and_errors(program: Program, path: str) -> None:
    answer = program.get(path, headers=ORIGIN)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Location", "RateLimit", "Retry-After"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_session_opens_nothing(program: Program, alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    answer = program.get("account", headers={"Authorization": None, "Cookie": cookie})
    assert refusal(answer) == (401, "missing_key")


def test_other_addresses_are_not_open(program: Program) -> None:
    answer = httpx2.get(f"{program.url}/docs/api", headers=ORIGIN)
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers
