"""Every answer of every door says the same to a browser about itself, a refusal no less than a page."""

from typing import Any

import httpx2
import pytest

from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

SAID = {
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
def test_an_answer_is_hardened(server: Server, settings: Any, method: str, path: str, host: str, status: int) -> None:
    settings.SITE_URL, settings.SECURE_HSTS_SECONDS = "https://images.example", 60
    answer = httpx2.request(method, server.url + path, headers={"Host": host})
    assert answer.status_code == status
    assert {name: answer.headers.get_list(name) for name in SAID} == {name: [value] for name, value in SAID.items()}
    assert "camera=()" in answer.headers["permissions-policy"]
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
