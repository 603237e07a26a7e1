"""The token endpoint: codes, refresh tokens, clients, revocation."""

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, AuthorizationCode, OAuthClient, OAuthToken, User
from accounts.oauth import cleanup, tokens
from tests.website.oauth import steps

pytestmark = pytest.mark.django_db


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


@pytest.fixture
def connected(client: Client, alice: User) -> dict[str, Any]:
    """The tokens of an app that Alice has connected."""
    return steps.connect(client, alice)


@pytest.fixture
def code(client: Client, alice: User) -> tuple[str, str]:
    """A client and a code of it that is not used."""
    client.force_login(alice)
    client_id = steps.register(client)["client_id"]
    return client_id, steps.approve(client, steps.consent_path(client_id))["code"]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"code": "unknown"}, (400, "invalid_grant")),
        ({"code": ""}, (400, "invalid_request")),
        ({"code_verifier": "b" * 43}, (400, "invalid_grant")),
        ({"code_verifier": ""}, (400, "invalid_request")),
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, (400, "invalid_grant")),
        ({"client_id": "unknown"}, (401, "invalid_client")),
        ({"client_id": ""}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"grant_type": ""}, (400, "invalid_request")),
        ({"resource": "https://evil.example"}, (400, "invalid_target")),
        ({"client_id": ["a", "b"]}, (400, "invalid_request")),
    ],
)
def test_a_wrong_exchange_is_refused_and_the_code_still_works(
    client: Client, code: tuple[str, str], parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    client_id, value = code
    response = steps.exchange(client, client_id, value, **parameters)
    assert error_of(response) == expected
    assert "no-store" in response["Cache-Control"]
    assert steps.exchange(client, client_id, value).status_code == 200


def test_a_code_used_twice_ends_its_tokens(client: Client, code: tuple[str, str]) -> None:
    client_id, value = code
    pair = steps.exchange(client, client_id, value).json()
    assert error_of(steps.exchange(client, client_id, value)) == (400, "invalid_grant")
    assert not OAuthToken.objects.exists()
    assert error_of(steps.refresh(client, client_id, pair["refresh_token"])) == (400, "invalid_grant")


def test_an_expired_code_is_refused(client: Client, code: tuple[str, str]) -> None:
    AuthorizationCode.objects.update(expires_at=timezone.now())
    assert error_of(steps.exchange(client, *code)) == (400, "invalid_grant")


def test_a_code_is_worth_nothing_to_another_client(client: Client, code: tuple[str, str]) -> None:
    other = steps.register(client)["client_id"]
    assert error_of(steps.exchange(client, other, code[1])) == (400, "invalid_grant")
    assert steps.exchange(client, *code).status_code == 200


def test_a_refresh_returns_a_new_pair_and_the_old_access_token_lives_on(
    client: Client, connected: dict[str, Any]
) -> None:
    pair = steps.refresh(client, connected["client_id"], connected["refresh_token"]).json()
    assert pair["access_token"] != connected["access_token"]
    assert pair["refresh_token"] != connected["refresh_token"]
    assert OAuthToken.objects.filter(is_refresh=False).count() == 2


def test_a_refresh_token_works_again_within_the_grace(client: Client, connected: dict[str, Any]) -> None:
    for _ in range(3):
        assert steps.refresh(client, connected["client_id"], connected["refresh_token"]).status_code == 200


def test_a_later_use_ends_its_chain_only(client: Client, alice: User, connected: dict[str, Any]) -> None:
    other = steps.connect(client, alice, connected["client_id"])
    newer = steps.refresh(client, connected["client_id"], connected["refresh_token"]).json()
    OAuthToken.objects.update(replaced_at=F("replaced_at") - tokens.GRACE - timedelta(seconds=1))
    response = steps.refresh(client, connected["client_id"], connected["refresh_token"])
    assert error_of(response) == (400, "invalid_grant")
    assert error_of(steps.refresh(client, connected["client_id"], newer["refresh_token"])) == (400, "invalid_grant")
    assert steps.refresh(client, connected["client_id"], other["refresh_token"]).status_code == 200


def test_an_expired_refresh_token_is_refused(client: Client, connected: dict[str, Any]) -> None:
    OAuthToken.objects.update(expires_at=timezone.now())
    response = steps.refresh(client, connected["client_id"], connected["refresh_token"])
    assert error_of(response) == (400, "invalid_grant")


def test_each_use_extends_the_refresh_lifetime(client: Client, connected: dict[str, Any]) -> None:
    OAuthToken.objects.filter(is_refresh=True).update(expires_at=timezone.now() + timedelta(days=1))
    steps.refresh(client, connected["client_id"], connected["refresh_token"])
    newest = OAuthToken.objects.filter(is_refresh=True, replaced_at=None).get()
    assert newest.expires_at > timezone.now() + timedelta(days=59)


@pytest.mark.parametrize("value", ["access_token", "unknown"])
def test_only_a_refresh_token_refreshes(client: Client, connected: dict[str, Any], value: str) -> None:
    response = steps.refresh(client, connected["client_id"], connected.get(value, value))
    assert error_of(response) == (400, "invalid_grant")


def test_a_refresh_can_name_fewer_scopes_and_get_the_others_back(client: Client, connected: dict[str, Any]) -> None:
    narrow = steps.refresh(client, connected["client_id"], connected["refresh_token"], scope="images:read").json()
    assert narrow["scope"] == "images:read"
    wide = steps.refresh(client, connected["client_id"], narrow["refresh_token"]).json()
    assert wide["scope"] == "images:read images:generate"


def test_a_narrow_grant_is_never_widened(client: Client, alice: User) -> None:
    narrow = steps.connect(client, alice, scope="images:read")
    response = steps.refresh(client, narrow["client_id"], narrow["refresh_token"], scope="images:generate")
    assert response.json()["scope"] == "images:read"


def _revoke(user: User) -> None:
    api_keys.revoke(ApiKey.objects.get(user=user))


def _suspend(user: User) -> None:
    User.objects.filter(pk=user.pk).update(suspended_at=timezone.now())


def _deactivate(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


@pytest.mark.parametrize("change", [_revoke, _suspend, _deactivate])
def test_a_connection_that_ended_issues_no_tokens(
    client: Client, alice: User, connected: dict[str, Any], change: Callable[[User], None]
) -> None:
    code = steps.approve(client, steps.consent_path(connected["client_id"]))["code"]
    change(alice)
    assert error_of(steps.exchange(client, connected["client_id"], code)) == (400, "invalid_grant")
    response = steps.refresh(client, connected["client_id"], connected["refresh_token"])
    assert error_of(response) == (400, "invalid_grant")


def basic(client_id: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{client_id}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_confidential_client_needs_its_secret(client: Client, alice: User, method: str) -> None:
    client.force_login(alice)
    registration = steps.register(client, token_endpoint_auth_method=method)
    client_id, secret = registration["client_id"], registration["client_secret"]
    code = steps.approve(client, steps.consent_path(client_id))["code"]
    assert error_of(steps.exchange(client, client_id, code)) == (401, "invalid_client")
    assert error_of(steps.exchange(client, client_id, code, client_secret="wrong")) == (401, "invalid_client")
    body = {"grant_type": "authorization_code", "code": code, "code_verifier": steps.VERIFIER}
    if method == "client_secret_post":
        response = client.post("/oauth/token", {**body, "client_id": client_id, "client_secret": secret})
    else:
        response = client.post("/oauth/token", body, headers=basic(client_id, secret))
    assert response.status_code == 200


@pytest.mark.parametrize("value", ["Basic !!!", "Basic /w==", "Basic"])
def test_a_malformed_basic_header_is_invalid_client(client: Client, value: str) -> None:
    response = client.post("/oauth/token", {"grant_type": "refresh_token"}, headers={"Authorization": value})
    assert error_of(response) == (401, "invalid_client")
    assert response["WWW-Authenticate"] == "Basic"


def test_revoking_a_refresh_token_ends_its_chain(client: Client, connected: dict[str, Any]) -> None:
    body = {"token": connected["refresh_token"], "client_id": connected["client_id"]}
    assert client.post("/oauth/revoke", body).status_code == 200
    assert not OAuthToken.objects.exists()
    assert ApiKey.objects.get(client=connected["client_id"]).is_live


def test_revoking_an_access_token_ends_this_token_only(client: Client, connected: dict[str, Any]) -> None:
    assert client.post("/oauth/revoke", {"token": connected["access_token"]}).status_code == 200
    assert OAuthToken.objects.get().is_refresh


def test_revoking_another_clients_token_does_nothing(client: Client, connected: dict[str, Any]) -> None:
    other = steps.register(client)["client_id"]
    body = {"token": connected["refresh_token"], "client_id": other}
    assert client.post("/oauth/revoke", body).status_code == 200
    assert client.post("/oauth/revoke", {"token": "unknown"}).status_code == 200
    assert OAuthToken.objects.count() == 2


def test_secrets_are_stored_as_digests_only(client: Client, alice: User) -> None:
    client.force_login(alice)
    registration = steps.register(client, token_endpoint_auth_method="client_secret_post")
    client_id, secret = registration["client_id"], registration["client_secret"]
    used = steps.approve(client, steps.consent_path(client_id))["code"]
    pair = steps.exchange(client, client_id, used, client_secret=secret).json()
    unused = steps.approve(client, steps.consent_path(client_id))["code"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        dump = ""
        for table in tables:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")  # noqa: S608 - names of the catalogue
            dump += "".join(row for (row,) in cursor.fetchall())
    assert client_id in dump
    for value in (secret, used, unused, pair["access_token"], pair["refresh_token"]):
        assert value not in dump
        assert value.encode().hex() not in dump


def test_what_has_expired_is_deleted_and_unused_clients_too(client: Client, connected: dict[str, Any]) -> None:
    unused = steps.register(client)["client_id"]
    long_ago = timezone.now() - timedelta(days=2)
    OAuthClient.objects.filter(fresh_until=None).update(created_at=long_ago)
    OAuthToken.objects.filter(is_refresh=False).update(expires_at=long_ago)
    AuthorizationCode.objects.update(expires_at=long_ago)
    known = OAuthClient.objects.exclude(fresh_until=None).count()
    cleanup.delete_expired()
    assert OAuthToken.objects.get().is_refresh
    assert not AuthorizationCode.objects.exists()
    assert not OAuthClient.objects.filter(pk=unused).exists()
    assert OAuthClient.objects.filter(pk=connected["client_id"]).exists()
    assert OAuthClient.objects.exclude(fresh_until=None).count() == known
