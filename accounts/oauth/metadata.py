"""The metadata documents that describe where and how a client signs in (RFC 9728 and RFC 8414)."""

from typing import Any, Final

from django.conf import settings

from accounts.models import OAuthClient
from accounts.oauth import scopes

RESOURCE_PATH: Final = "/api/mcp"
RESOURCE_METADATA_PATH: Final = "/.well-known/oauth-protected-resource"


def issuer() -> str:
    """Return the issuer, which clients compare as text: no slash at the end."""
    return settings.SITE_URL


def resource() -> str:
    """Return the URL of the MCP server, for which all tokens are issued."""
    return settings.SITE_URL + RESOURCE_PATH


def resource_metadata_url() -> str:
    """Return the URL of the document about the MCP server, for the WWW-Authenticate header."""
    return settings.SITE_URL + RESOURCE_METADATA_PATH + RESOURCE_PATH


def protected_resource() -> dict[str, Any]:
    """Return the document about the MCP server."""
    return {
        "resource": resource(),
        "resource_name": "Get Images",
        "resource_documentation": f"{settings.SITE_URL}/docs/mcp",
        "authorization_servers": [issuer()],
        "scopes_supported": list(scopes.MEANINGS),
        "bearer_methods_supported": ["header"],
    }


def authorization_server() -> dict[str, Any]:
    """Return the document about the endpoints."""
    methods = list(OAuthClient.AuthMethod.values)
    return {
        "issuer": issuer(),
        "authorization_endpoint": f"{settings.SITE_URL}/oauth/authorize",
        "token_endpoint": f"{settings.SITE_URL}/oauth/token",
        "registration_endpoint": f"{settings.SITE_URL}/oauth/register",
        "revocation_endpoint": f"{settings.SITE_URL}/oauth/revoke",
        "service_documentation": f"{settings.SITE_URL}/docs/mcp",
        # Some clients request a refresh token by this scope. Every client gets one.
        "scopes_supported": [*scopes.MEANINGS, "offline_access"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "client_id_metadata_document_supported": settings.OAUTH_CLIENT_METADATA_DOCUMENTS,
        "authorization_response_iss_parameter_supported": True,
    }
