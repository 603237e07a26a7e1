"""The documents at /.well-known/ in every spelling, readable by any origin, never a redirect."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

RESOURCE = "/.well-known/oauth-protected-resource"
SERVER = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")


@pytest.mark.parametrize("path", [RESOURCE, f"{RESOURCE}/", f"{RESOURCE}/api/mcp", f"{RESOURCE}/api/mcp/"])
def test_every_spelling_of_the_resource_document_names_the_mcp_server(client: Client, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://inspector.example"})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    document = response.json()
    assert document["resource"] == f"{settings.SITE_URL}/api/mcp"
    assert document["authorization_servers"] == [settings.SITE_URL]
    assert document["scopes_supported"] == ["images:read", "images:generate"]


@pytest.mark.parametrize("path", [*SERVER, *(f"{path}/" for path in SERVER)])
def test_every_spelling_of_the_server_document_is_the_same(client: Client, path: str) -> None:
    response = client.get(path, headers={"Origin": "https://inspector.example"})
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
    document = response.json()
    assert document == client.get(SERVER[0]).json()
    assert document["issuer"] == settings.SITE_URL
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert "none" in document["token_endpoint_auth_methods_supported"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert "offline_access" in document["scopes_supported"]
    assert None not in document.values()


@pytest.mark.parametrize("enabled", [True, False])
def test_metadata_documents_of_clients_are_advertised_by_a_setting(
    client: Client, settings: Any, enabled: bool
) -> None:
    settings.OAUTH_CLIENT_METADATA_DOCUMENTS = enabled
    assert client.get(SERVER[0]).json()["client_id_metadata_document_supported"] is enabled


@pytest.mark.parametrize("path", ["/.well-known/oauth-protected-resource/other", "/.well-known/jwks.json"])
def test_other_documents_do_not_exist(client: Client, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/token/", "/oauth/register", "/oauth/revoke/"])
@pytest.mark.django_db
def test_endpoints_have_preflight_and_no_redirect(client: Client, path: str) -> None:
    headers = {"Origin": "https://inspector.example", "Access-Control-Request-Method": "POST"}
    assert client.options(path, headers=headers)["Access-Control-Allow-Origin"] == "*"
    response = client.post(path, headers={"Origin": "https://inspector.example"})
    assert response.status_code in {400, 401}
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "no-store" in response["Cache-Control"]
    assert client.get(path).status_code == 405
