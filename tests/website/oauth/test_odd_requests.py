"""Odd requests to the endpoints get an error that a program can read, and the database's absence keeps credentials."""

import json
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from infrastructure.limits import BODY_MAX_BYTES
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/register", "/oauth/revoke"])
@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"a=" + b"a" * BODY_MAX_BYTES, FORM),
        (b"[" * 100_000, "application/json"),
        (b'{"a":' * 100_000, "application/json"),
        (b"&".join(b"a=1" for _ in range(2000)), FORM),
        (b"\xff\xfe", FORM),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
        (b"client_id=%00&token=%00&code=%00&refresh_token=%00&grant_type=refresh_token", FORM),
        (b"", "text/plain"),
    ],
)
def test_an_odd_body_is_an_error_in_json(client: Client, path: str, body: bytes, media_type: str) -> None:
    response = client.post(path, body, content_type=media_type)
    if path == "/oauth/revoke" and response.status_code == 200:
        return
    assert 400 <= response.status_code < 500, response.content
    assert response["Content-Type"] == "application/json"
    assert set(response.json()) == {"error", "error_description"}


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/register", "/oauth/revoke"])
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_endpoints_accept_post_only(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)
    assert (response.status_code, response["Allow"]) == (405, "POST")


def test_a_token_response_is_not_stored_and_uses_no_session(client: Client, alice: Any) -> None:
    tokens = steps.connect(client, alice)
    other = Client(headers={"Origin": "https://inspector.example"}, enforce_csrf_checks=True)
    response = steps.refresh(other, tokens["client_id"], tokens["refresh_token"])
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["Access-Control-Allow-Origin"] == "*"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/register"])
def test_without_a_database_the_response_is_503_and_names_no_details(client: Client, alice: Any, path: str) -> None:
    tokens = steps.connect(client, alice)
    body = {"grant_type": "refresh_token", "client_id": tokens["client_id"], "token": "x", "refresh_token": "x"}

    def refuse(*_: Any) -> Any:
        raise OperationalError("secret details")

    with connection.execute_wrapper(refuse):
        if path == "/oauth/register":
            metadata = json.dumps({"redirect_uris": ["https://app.example/"]})
            response = client.post(path, metadata, content_type="application/json")
        else:
            response = client.post(path, body)
    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
    assert int(response["Retry-After"]) > 0
    assert "secret" not in response.content.decode()
    assert steps.refresh(client, tokens["client_id"], tokens["refresh_token"]).status_code == 200


def test_too_many_registrations_name_a_time_to_retry(client: Client) -> None:
    for _ in range(20):
        steps.register(client)
    response = client.post("/oauth/register", "{}", content_type="application/json")
    assert (response.status_code, response["Retry-After"]) == (429, "600")
