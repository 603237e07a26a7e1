"""Access tokens at /api/mcp: what they open, and the header that leads a client to sign-in."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.conf import settings as configured
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, OAuthToken, User
from billing import ledger
from images.models import Image
from tests.mcp_gateway.agent import Agent, code_of, request, tool_call
from tests.web_server import Server
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db(transaction=True)

PING = request("ping")
METADATA = f'resource_metadata="{configured.SITE_URL}/.well-known/oauth-protected-resource/api/mcp"'
BOTH = 'scope="images:read images:generate"'


@pytest.fixture
def app(server: Server, client: Client, alice: User) -> Agent:
    """An agent whose app Alice has connected."""
    return Agent(server.url, steps.connect(client, alice)["access_token"])


def challenge(response: httpx2.Response) -> str:
    return response.headers["www-authenticate"]


def test_a_request_without_a_key_is_led_to_the_metadata(app: Agent) -> None:
    for method in ("POST", "GET", "DELETE"):
        response = app.request(method, headers={"Authorization": None})
        assert (response.status_code, challenge(response)) == (401, f"Bearer {BOTH}, {METADATA}")


@pytest.mark.parametrize("secret", ["gia_short", "sk_wrong", "nonsense"])
def test_a_wrong_secret_is_an_invalid_token(app: Agent, secret: str) -> None:
    response = app.send(PING, headers={"Authorization": f"Bearer {secret}"})
    assert (response.status_code, challenge(response)) == (401, f'Bearer error="invalid_token", {BOTH}, {METADATA}')


def test_unknown_expired_revoked_and_refresh_tokens_are_401(app: Agent, client: Client, alice: User) -> None:
    secrets = [api_keys.new_secret("gia_"), api_keys.new_secret("gir_")]
    responses = [app.send(PING, headers={"Authorization": f"Bearer {secret}"}) for secret in secrets]
    OAuthToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    responses.append(app.send(PING))
    other = steps.connect(client, alice)
    api_keys.revoke(ApiKey.objects.get(client=other["client_id"]))
    responses.append(app.send(PING, headers={"Authorization": f"Bearer {other['access_token']}"}))
    assert [(r.status_code, r.json()["error"]["code"]) for r in responses] == [(401, "invalid_token")] * 4
    assert all('error="invalid_token"' in challenge(response) for response in responses)


def test_an_exceeded_limit_is_429_with_a_token_and_has_no_metadata_with_a_key(
    app: Agent, alices_key: str, settings: Any
) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1
    assert app.send(PING).status_code == 200
    with_token = app.send(PING)
    assert (with_token.status_code, "www-authenticate" in with_token.headers) == (429, False)
    with_key = app.send(PING, headers={"Authorization": f"Bearer {alices_key}"})
    assert (with_key.status_code, challenge(with_key)) == (401, "Bearer")


def test_a_narrow_grant_reads_and_is_refused_before_anything_is_charged(
    server: Server, client: Client, alice: User
) -> None:
    ledger.grant(alice.pk, amount=10, reason="test")
    reader = Agent(server.url, steps.connect(client, alice, scope="images:read")["access_token"])
    assert code_of(reader.call("getimages_get_account")) == ""
    response = reader.send(tool_call("getimages_generate_image", {"prompt": "a lake", "modelId": "openai:gpt-image-2"}))
    assert (response.status_code, response.json()["error"]["code"]) == (403, "insufficient_scope")
    assert challenge(response) == f'Bearer error="insufficient_scope", scope="images:generate", {METADATA}'
    assert not Image.objects.exists()


def test_a_token_opens_no_rest_call(app: Agent, server: Server) -> None:
    response = httpx2.get(f"{server.url}/api/v1/account", headers={"Authorization": f"Bearer {app.key}"})
    assert (response.status_code, response.json()["code"]) == (401, "invalid_token")


def test_cap_and_models_of_a_connection_act_as_those_of_a_key(app: Agent, alice: User) -> None:
    ledger.grant(alice.pk, amount=50, reason="test")
    ApiKey.objects.update(allowed_models=["openai:gpt-image-1.5"])
    assert code_of(app.generate()) == "model_not_allowed"
    ApiKey.objects.update(allowed_models=None, monthly_credit_cap=1)
    assert code_of(app.generate()) == "key_cap_exceeded"


def test_a_suspended_account_is_refused(app: Agent, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(suspended_at=timezone.now())
    assert code_of(app.call("getimages_get_account")) == "account_suspended"


def test_each_tool_names_its_scope(app: Agent) -> None:
    tools = app.send(request("tools/list")).json()["result"]["tools"]
    scopes = {tool["name"]: tool["_meta"]["securitySchemes"][0]["scopes"] for tool in tools}
    for name in ("generate", "edit", "upload"):
        assert scopes.pop(f"getimages_{name}_image") == ["images:generate"]
    assert set(map(tuple, scopes.values())) == {("images:read",)}
