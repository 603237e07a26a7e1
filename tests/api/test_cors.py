"""CORS: pages of any origin may call the API with a key, but not with cookies."""

from urllib.parse import urlsplit

import httpx2
import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from images.uploads import tickets, uploads
from tests.api.program import PATH, Program, status_and_code
from tests.factories import caller_of
from tests.images.upload_files import png

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = {"Origin": "https://elsewhere.example"}


def test_a_preflight_needs_no_key(program: Program) -> None:
    headers = {**ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    response = httpx2.options(program.url + PATH + "images", headers=headers)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"authorization", "content-type", "idempotency-key", "prefer", "range"} <= set(
        response.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert response.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, PATCH, DELETE"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", ["account", "images/none"])
def test_a_page_may_read_responses_and_errors(program: Program, path: str) -> None:
    response = program.get(path, headers=ORIGIN)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"Location", "RateLimit", "Retry-After"} <= set(
        response.headers["Access-Control-Expose-Headers"].split(", ")
    )
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_page_may_send_a_picture_to_an_upload_link(program: Program, alice: User) -> None:
    url = program.url + urlsplit(tickets.url(uploads.create_ticket(caller_of(alice)))).path
    preflight = {**ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    for response in (
        httpx2.options(url, headers=preflight),
        httpx2.put(url, content=png(), headers={**ORIGIN, "Content-Type": "image/png"}),
        httpx2.put(url, content=png(), headers=ORIGIN),
    ):
        assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.json()["code"] == "upload_expired"


def test_a_session_cookie_does_not_authenticate(program: Program, alice: User) -> None:
    browser = Client()
    browser.force_login(alice)
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    response = program.get("account", headers={"Authorization": None, "Cookie": cookie})
    assert status_and_code(response) == (401, "missing_key")


def test_other_paths_have_no_cors_headers(program: Program) -> None:
    response = httpx2.get(f"{program.url}/docs/api", headers=ORIGIN)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
