"""Every response of every entry point, errors included, has the same security headers."""

import tempfile
from typing import Any

import httpx2
import pytest
from django.test import Client

from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

EXPECTED_HEADERS = {
    "strict-transport-security": "max-age=60; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("POST", "/api/mcp", "127.0.0.1", 401),
        ("GET", "/api/v1/account", "127.0.0.1", 401),
        ("GET", "/api/v1/account", "elsewhere.example", 400),
        ("GET", "/healthz", "127.0.0.1", 200),
        ("GET", "/pricing", "127.0.0.1", 200),
        ("GET", "/pricing", "elsewhere.example", 400),
        ("POST", "/accounts/login/", "127.0.0.1", 403),
        ("GET", "/i/no-link", "127.0.0.1", 404),
    ],
)
def test_a_response_has_the_security_headers(
    server: Server, settings: Any, method: str, path: str, host: str, status: int
) -> None:
    settings.SITE_URL, settings.SECURE_HSTS_SECONDS = "https://images.example", 60
    response = httpx2.request(method, server.url + path, headers={"Host": host})
    assert response.status_code == status
    assert {name: response.headers.get_list(name) for name in EXPECTED_HEADERS} == {
        name: [value] for name, value in EXPECTED_HEADERS.items()
    }
    assert "camera=()" in response.headers["permissions-policy"]
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_page_reads_no_more_of_a_body_than_the_limit(
    server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Django writes a body that exceeds the memory limit to a temporary file, which fails here.
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    chunks = (b"x" * 65536 for _ in range(64))
    assert httpx2.post(f"{server.url}/accounts/login/", content=chunks).status_code == 403


def test_a_form_that_is_too_long_is_rejected(client: Client) -> None:
    assert client.post("/accounts/login/", {"login": "x" * 1024 * 1024}).status_code == 400
