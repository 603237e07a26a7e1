"""Authentication, rate limit and HTTP checks of the MCP endpoint, and their order."""

import json
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.database import run_sql
from tests.mcp_gateway.agent import Agent, request

pytestmark = pytest.mark.django_db(transaction=True)

PING = request("ping")


def rejection(agent: Agent, **options: Any) -> tuple[int, str]:
    response = agent.send(PING, **options)
    assert response.headers["cache-control"] == "no-store"
    error = response.json()["error"]
    assert error["message"]
    return response.status_code, error["code"]


def test_a_valid_key_works_with_and_without_a_trailing_slash(agent: Agent) -> None:
    assert agent.send(PING).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert agent.send(PING, path="/api/mcp/").status_code == 200


@pytest.mark.parametrize("header", [None, "", "Basic c2s6", "Token sk_1"])
def test_a_request_without_a_bearer_key_is_missing_key(agent: Agent, header: str | None) -> None:
    assert rejection(agent, headers={"Authorization": header}) == (401, "missing_key")


@pytest.mark.parametrize("header", ["Bearer", "Bearer sk_short"])
def test_a_malformed_key_is_invalid(agent: Agent, header: str) -> None:
    assert rejection(agent, headers={"Authorization": header}) == (401, "invalid_key")


def test_an_unknown_key_is_invalid(agent: Agent) -> None:
    assert rejection(agent, headers={"Authorization": f"bearer {api_keys.new_secret()}"}) == (401, "invalid_key")


def test_a_revoked_key_fails_on_the_next_request(agent: Agent) -> None:
    assert agent.send(PING).status_code == 200
    api_keys.revoke(ApiKey.objects.get())
    assert rejection(agent) == (401, "revoked_key")


def test_an_expired_key_has_its_own_code(agent: Agent) -> None:
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert rejection(agent) == (401, "expired_key")


def test_an_exceeded_limit_is_401_with_retry_after(agent: Agent, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 2
    assert [agent.send(PING).status_code for _ in range(2)] == [200, 200]
    response = agent.send(PING)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "rate_limited")
    assert response.headers["www-authenticate"] == "Bearer"
    assert 1 <= int(response.headers["retry-after"]) <= 60


def test_an_exceeded_limit_can_be_429(agent: Agent, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE, settings.MCP_RATE_LIMIT_STATUS = 1, 429
    agent.send(PING)
    assert rejection(agent) == (429, "rate_limited")


def test_the_limit_counts_every_request_of_a_valid_key_only(agent: Agent, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 3
    agent.send(PING, headers={"Authorization": "Bearer sk_bad"})
    assert agent.request("GET").status_code == 405
    assert agent.request(content=b"no json").status_code == 400
    assert agent.send({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
    assert rejection(agent) == (401, "rate_limited")


def test_the_last_use_of_a_key_is_recorded(agent: Agent) -> None:
    agent.send(PING, headers={"User-Agent": "corgi-agent/1.0"})
    key = ApiKey.objects.get()
    assert (key.last_used_address, key.last_used_client) == ("127.0.0.1", "corgi-agent/1.0")


def test_a_trusted_proxy_supplies_the_client_address(agent: Agent, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    agent.send(PING, headers={"X-Forwarded-For": "10.0.0.1, 192.0.2.7"})
    assert ApiKey.objects.get().last_used_address == "192.0.2.7"


def test_a_forwarded_address_sent_by_the_client_is_ignored(agent: Agent, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 1
    key = ("Authorization", f"Bearer {agent.key}")
    agent.post_raw([key, ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "192.0.2.7")], "")
    assert ApiKey.objects.get().last_used_address == "192.0.2.7"


@pytest.mark.parametrize("address", ["nonsense", "192.0.2.7:443", "'; DROP TABLE accounts_user; --"])
def test_an_invalid_forwarded_address_is_harmless(agent: Agent, settings: Any, address: str) -> None:
    settings.TRUSTED_PROXIES = 1
    assert agent.send(PING, headers={"X-Forwarded-For": address}).status_code == 200


def test_without_a_database_the_response_is_503_without_details(agent: Agent) -> None:
    run_sql("ALTER TABLE accounts_apikey RENAME TO elsewhere")
    try:
        response = agent.send(PING)
    finally:
        run_sql("ALTER TABLE elsewhere RENAME TO accounts_apikey")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "unavailable")
    assert response.headers["retry-after"] == "5"
    assert "accounts_apikey" not in response.text


def test_an_unexpected_error_is_500_without_details(
    agent: Agent, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.TRUSTED_PROXIES = "not a number"
    response = agent.send(PING)
    assert (response.status_code, response.json()["error"]) == (500, {"code": -32603, "message": "Internal error"})
    assert "a request failed: TypeError" in caplog.text
    assert agent.key not in caplog.text


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD", "OPTIONS"])
def test_only_post_is_allowed(agent: Agent, method: str) -> None:
    response = agent.request(method)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_the_key_is_checked_before_the_method(agent: Agent, method: str) -> None:
    assert agent.request(method, headers={"Authorization": None}).status_code == 401


def test_a_browser_without_a_key_is_linked_to_the_docs(agent: Agent, settings: Any) -> None:
    response = agent.request("GET", headers={"Authorization": None, "Accept": "text/html,application/xhtml+xml"})
    assert (response.status_code, response.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert f'href="{settings.SITE_URL}/docs/mcp"' in response.text


def test_a_body_over_a_mebibyte_is_too_large(agent: Agent) -> None:
    assert agent.request(content=b" " * (1024 * 1024 + 1)).status_code == 413
    assert agent.request(content=iter([b" " * 1024] * 1025)).status_code == 413
    body = json.dumps(PING).encode()
    assert agent.request(content=body + b" " * (1024 * 1024 - len(body))).status_code == 200


def test_the_key_is_checked_before_the_body_is_read(agent: Agent) -> None:
    response = agent.request(content=b" " * (1024 * 1024 + 1), headers={"Authorization": None})
    assert response.status_code == 401


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "text/plain; application/json", "application/x-www-form-urlencoded", "application/jsonp", "", None],
)
def test_a_body_of_another_media_type_is_415(agent: Agent, media_type: str | None) -> None:
    assert rejection(agent, headers={"Content-Type": media_type}) == (415, "unsupported_media_type")


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;"])
def test_json_may_have_parameters(agent: Agent, media_type: str) -> None:
    assert agent.send(PING, headers={"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", "application/xml", "*/*;q=0", "application/json;q=0, text/event-stream; Q=0.000"]
)
def test_accepting_neither_json_nor_events_is_406(agent: Agent, accept: str) -> None:
    assert agent.send(PING, headers={"Accept": accept}).status_code == 406


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "*/*",
        "APPLICATION/*;q=0.9",
        "application/json;q=nonsense",
        "text/event-stream;q=0, */*",
        "*/*;q=0, application/json",
        None,
    ],
)
def test_json_is_sent_when_accepted(agent: Agent, accept: str | None) -> None:
    assert agent.send(PING, headers={"Accept": accept}).headers["content-type"] == "application/json"


def test_an_event_stream_is_sent_when_only_that_is_accepted(agent: Agent) -> None:
    response = agent.send(PING, headers={"Accept": "text/event-stream"})
    assert response.headers["content-type"] == "text/event-stream"
    assert '"result":{}' in response.text


def test_a_wildcard_does_not_accept_what_is_excluded(agent: Agent) -> None:
    response = agent.send(PING, headers={"Accept": "application/json;q=0, */*"})
    assert response.headers["content-type"] == "text/event-stream"


def test_accept_may_be_repeated(agent: Agent) -> None:
    key = ("Authorization", f"Bearer {agent.key}")
    for lines in (["text/html", "application/json"], ["text/html", "text/event-stream"]):
        response = agent.post_raw([key, *(("Accept", line) for line in lines)], json.dumps(PING))
        assert response.headers["content-type"] == lines[1]


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Origin"])
def test_different_copies_of_a_header_are_rejected(agent: Agent, settings: Any, name: str) -> None:
    usual = {"Authorization": f"Bearer {agent.key}", "Content-Type": "application/json", "Origin": settings.SITE_URL}
    lines = [*usual.items(), (name, "another")]
    with httpx2.Client() as http:
        response = http.post(f"{agent.url}/api/mcp", headers=lines, content=json.dumps(PING))
    assert (response.status_code, response.json()["error"]["code"]) == (422, "invalid_arguments")
    assert name in response.json()["error"]["message"]


def test_equal_copies_of_a_header_count_once(agent: Agent, settings: Any) -> None:
    lines = [("Authorization", f"Bearer {agent.key}"), ("Content-Type", "application/json")] * 2
    assert agent.post_raw([*lines, *[("Origin", settings.SITE_URL)] * 2], json.dumps(PING)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/jwks.json",
        "/.well-known/oauth-protected-resource/api/v1",
        "/api/mcp/.well-known/openid-configuration",
        "/.well-known/",
    ],
)
@pytest.mark.parametrize("authorization", [None, "Bearer sk_bad"])
def test_unknown_metadata_is_a_problem_document(agent: Agent, path: str, authorization: str | None) -> None:
    headers = {"Authorization": authorization, "Accept": "text/html"}
    for method in ("GET", "POST"):
        response = agent.request(method, path=path, headers=headers)
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
        assert response.json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("header", "code", "hint"),
    [
        ('Bearer "{key}"', "invalid_key", "quotation marks"),
        ("Bearer '{key}'", "invalid_key", "quotation marks"),
        ('"Bearer {key}"', "missing_key", "quotation marks"),
        ("Bearer Bearer {key}", "invalid_key", "Bearer twice"),
        ("bearer bearer {key}", "invalid_key", "Bearer twice"),
        ("Bearer <{key}>", "invalid_key", "brackets"),
        ("Bearer ${{GET_IMAGES_API_KEY}}", "invalid_key", "variable"),
        ("Bearer $GET_IMAGES_API_KEY", "invalid_key", "variable"),
        ("Bearer YOUR_API_KEY", "invalid_key", "placeholder"),
        ("{key}", "missing_key", "Bearer before the key"),
        ("Bearer{key}", "missing_key", "Authorization: Bearer sk_..."),
        ("Bearer {key}x", "invalid_key", "whole key"),
        ("Bearer", "invalid_key", "whole key"),
    ],
)
def test_a_key_that_was_copied_wrongly_gets_a_hint(agent: Agent, header: str, code: str, hint: str) -> None:
    headers = {"Authorization": header.format(key=agent.key)}
    for path in ("/api/mcp", "/api/v1/account"):
        response = agent.request("GET", path=path, headers=headers)
        body = response.json()
        error = body.get("error") or {"code": body["code"], "message": body["detail"]}
        assert (response.status_code, error["code"]) == (401, code)
        assert hint in error["message"]
        assert agent.key not in response.text


def test_a_suspended_account_can_ping_but_not_call_tools(agent: Agent, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    assert agent.send(PING).status_code == 200
    for tool in ("getimages_get_account", "getimages_generate_image"):
        assert agent.call(tool, nonsense=1)["_meta"]["getimages/error"]["code"] == "account_suspended"
