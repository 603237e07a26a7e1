"""Dynamic registration: what a client may register, and the response."""

import json
import logging
from typing import Any

import pytest
from django.test import Client

from accounts.models import OAuthClient
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db

ALLOWED = [
    "https://app.example/callback",
    "https://app.example:8443/callback?source=mcp",
    "http://localhost/callback",
    "http://localhost:3334/oauth/callback",
    "http://127.0.0.1:33418/",
    "http://[::1]:8080/callback",
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "com.example.app:/callback",
]
REFUSED = [
    "http://evil.example/callback",
    "http://192.168.1.2/callback",
    "http://localhost.evil.example/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "https://user:secret@app.example/callback",
    "https://app.example/callback#part",
    "https:///callback",
    "https://app.example/call back",
    "//app.example/callback",
    "callback",
    "",
    "https://app.example/\\evil",
    "https://[::1/callback",
    "https://[:::]/callback",
    "cursor://[app/callback",
    "https://app.example:99999/callback",
    f"https://app.example/{'a' * 500}",
]


def post(client: Client, body: Any) -> Any:
    return client.post("/oauth/register", json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("uri", ALLOWED)
def test_a_redirect_uri_is_accepted(client: Client, uri: str) -> None:
    assert steps.register(client, redirect_uris=[uri])["redirect_uris"] == [uri]


@pytest.mark.parametrize("uri", REFUSED)
def test_a_redirect_uri_is_refused(client: Client, uri: str) -> None:
    response = post(client, {"redirect_uris": [uri, "https://app.example/callback"]})
    assert (response.status_code, response.json()["error"]) == (400, "invalid_redirect_uri")
    assert not OAuthClient.objects.filter(fresh_until=None).exists()


@pytest.mark.parametrize("uris", [None, [], "https://app.example", [1], ["https://app.example/"] * 11])
def test_one_to_ten_redirect_uris_are_required(client: Client, uris: Any) -> None:
    assert post(client, {"redirect_uris": uris}).json()["error"] == "invalid_redirect_uri"


def test_a_refused_redirect_uri_is_logged_without_its_path(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        post(client, {"redirect_uris": ["http://evil.example/secret?code=1"]})
    assert "host 'evil.example'" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_confidential_client_gets_a_secret_and_the_method_it_asked_for(client: Client, method: str) -> None:
    registration = steps.register(client, token_endpoint_auth_method=method)
    assert registration["token_endpoint_auth_method"] == method
    assert registration["client_secret_expires_at"] == 0
    assert registration["client_secret"]


def test_a_public_client_gets_no_secret_and_no_null(client: Client) -> None:
    registration = steps.register(client, grant_types=["authorization_code", "other"], scope="openid", jwks=None)
    assert "client_secret" not in registration
    assert None not in registration.values()
    assert registration["grant_types"] == ["authorization_code", "refresh_token"]


def test_the_default_method_is_basic(client: Client) -> None:
    response = post(client, {"redirect_uris": ["https://app.example/"]})
    assert response.json()["token_endpoint_auth_method"] == "client_secret_basic"


def test_an_unknown_method_is_refused(client: Client) -> None:
    body = {"redirect_uris": ["https://app.example/"], "token_endpoint_auth_method": "private_key_jwt"}
    assert post(client, body).json()["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  My \n app ", "My app"),
        ("\u202eevil\u200b", "evil"),
        ("", "app.example"),
        (None, "app.example"),
        (5, "app.example"),
        ("x" * 100, "x" * 80),
    ],
)
def test_the_name_has_no_hidden_characters(client: Client, name: Any, shown: str) -> None:
    registration = steps.register(client, client_name=name, redirect_uris=["https://app.example/"])
    assert registration["client_name"] == shown


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"\xff"])
def test_the_body_must_be_a_json_object(client: Client, body: bytes) -> None:
    response = client.post("/oauth/register", body, content_type="application/json")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")


def test_registrations_are_limited_by_address(client: Client) -> None:
    statuses = [post(client, {"redirect_uris": ["https://app.example/"]}).status_code for _ in range(21)]
    assert statuses == [201] * 20 + [429]
    other = client.post(
        "/oauth/register",
        json.dumps({"redirect_uris": ["https://app.example/"]}),
        content_type="application/json",
        REMOTE_ADDR="192.0.2.7",
    )
    assert other.status_code == 201
