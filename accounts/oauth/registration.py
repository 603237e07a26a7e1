"""Dynamic registration of clients (RFC 7591)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from accounts import api_keys
from accounts.models import OAuthClient
from accounts.oauth import client_metadata, scopes


def register(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Register a client and return the response. Unknown grant types, scopes and other fields are ignored.

    Raises:
        OAuthError: The redirect URIs or the authentication method are not allowed.
    """
    redirect_uris = client_metadata.redirect_uris(metadata)
    auth_method = client_metadata.auth_method(metadata)
    secret = None if auth_method == OAuthClient.AuthMethod.NONE else api_keys.random_text()
    client = OAuthClient.objects.create(
        id=api_keys.random_text(),
        name=client_metadata.name(metadata, default=urlsplit(redirect_uris[0]).hostname or "MCP client"),
        redirect_uris=redirect_uris,
        auth_method=auth_method,
        secret_digest=secret and api_keys.digest(secret),
    )
    response = {
        "client_id": client.id,
        "client_id_issued_at": int(client.created_at.timestamp()),
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "token_endpoint_auth_method": client.auth_method,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": scopes.join(scopes.ALL),
    }
    # A field that is null instead of absent breaks clients.
    return response | ({"client_secret": secret, "client_secret_expires_at": 0} if secret else {})
