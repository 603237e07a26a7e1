"""Origins whose pages may call the MCP endpoint from a browser."""

from typing import Any

import pytest

from tests.mcp_gateway.agent import Agent, request

pytestmark = pytest.mark.django_db(transaction=True)

PING = request("ping")
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture(autouse=True)
def _site(settings: Any) -> None:
    settings.DEBUG = False
    settings.SITE_URL = "https://images.example"
    settings.ALLOWED_ORIGINS = ["https://friend.example:8443"]


@pytest.mark.parametrize("origin", ["https://images.example", "HTTPS://IMAGES.example", "https://friend.example:8443"])
def test_pages_of_allowed_origins_may_call_and_read(agent: Agent, origin: str) -> None:
    response = agent.send(PING, headers={"Origin": origin})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == origin
    assert response.headers["vary"] == "origin"
    assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://images.example",
        "https://images.example.evil.example",
        "https://images.example:444",
        "https://friend.example",
        "http://localhost:3000",
        "http://[",
    ],
)
def test_pages_of_other_origins_are_rejected_before_the_key_is_checked(agent: Agent, origin: str) -> None:
    for key in ("Bearer sk_bad", f"Bearer {agent.key}"):
        response = agent.send(PING, headers={"Origin": origin, "Authorization": key})
        assert (response.status_code, response.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443", "http://127.9.9.9:1"]
)
def test_with_debug_any_loopback_origin_may_call(agent: Agent, settings: Any, origin: str) -> None:
    settings.DEBUG = True
    assert agent.send(PING, headers={"Origin": origin}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil.example",
        "http://10.0.0.1",
        "file://localhost",
        "http://[",
        "http://127.0.0.1:80.evil.example",
        "http://localhost:evil.example",
        "http://[::1]:80.evil.example",
        "http://[::1].evil.example",
        "http://localhost:65536",
        "http://user@localhost",
        "http://localhost/path",
        "http://localhost?query",
        "http://localhost#.evil.example",
        "http://localhost\\.evil.example",
        "http://localhost, http://evil.example",
    ],
)
def test_with_debug_no_other_origin_may(agent: Agent, settings: Any, origin: str) -> None:
    settings.DEBUG = True
    assert agent.send(PING, headers={"Origin": origin}).status_code == 403


def test_a_preflight_needs_no_key(agent: Agent) -> None:
    headers = {"Origin": "https://images.example", "Authorization": None, **PREFLIGHT}
    response = agent.request("OPTIONS", headers=headers)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["access-control-allow-origin"] == "https://images.example"
    allowed = response.headers["access-control-allow-headers"].lower()
    for name in ("authorization", "content-type", "mcp-protocol-version", "mcp-method", "mcp-name"):
        assert name in allowed


def test_a_preflight_of_another_origin_is_rejected(agent: Agent) -> None:
    assert agent.request("OPTIONS", headers={"Origin": "https://evil.example", **PREFLIGHT}).status_code == 403


def test_a_page_can_read_the_401_response(agent: Agent) -> None:
    response = agent.send(PING, headers={"Origin": "https://images.example", "Authorization": None})
    assert response.headers["access-control-allow-origin"] == "https://images.example"
