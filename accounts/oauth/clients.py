"""Look up clients, and authenticate them at the token endpoint."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import jwt
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from accounts import api_keys
from accounts.models import OAuthClient, User
from accounts.oauth import client_documents, metadata
from accounts.oauth.client_documents import DocumentFailed
from accounts.oauth.errors import INVALID_CLIENT, OAuthError, UntrustedRequest

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS: Final = ("RS256", "ES256")
ASSERTION_SECONDS_MAX: Final = 3600
UNAUTHORIZED: Final = 401


def find_for_consent(client_id: str, user: User) -> OAuthClient:
    """Return the client that requests this user's consent. Fetches its document if our copy is out of date.

    Raises:
        UntrustedRequest: There is no such client.
    """
    client = OAuthClient.objects.filter(pk=client_id).first() if _can_be_id(client_id) else None
    if not (settings.OAUTH_CLIENT_METADATA_DOCUMENTS and client_documents.is_document_url(client_id)):
        return _known(client)
    if client is not None and client.fresh_until and client.fresh_until > timezone.now():
        return client
    try:
        return client_documents.refresh(client_id, user)
    except DocumentFailed:
        return _known(client)


def authenticate(client_id: str, *, secret: str | None, assertion: str | None = None) -> OAuthClient:
    """Return the client of a request to the token endpoint.

    Raises:
        OAuthError: invalid_client with status 401, after which clients register anew.
    """
    client = OAuthClient.objects.filter(pk=client_id).first() if _can_be_id(client_id) else None
    if client is None:
        raise _invalid_client("This client is unknown. Register it again.")
    if assertion is not None and client.keys:
        _verify_assertion(client, client.keys, assertion)
    elif client.secret_digest is not None:
        expected = bytes(client.secret_digest)
        if secret is None or not hmac.compare_digest(api_keys.digest(secret), expected):
            raise _invalid_client("The client secret is missing or wrong.")
    return client


def _can_be_id(client_id: str) -> bool:
    return bool(client_id) and "\0" not in client_id


def _known(client: OAuthClient | None) -> OAuthClient:
    if client is None:
        raise UntrustedRequest(
            "This app is unknown, or its metadata couldn't be read. Remove the server from the app, add it again, and "
            "connect once more."
        )
    return client


def _verify_assertion(client: OAuthClient, keys: Mapping[str, Any], assertion: str) -> None:
    """Verify a client's optional signed JWT (RFC 7523) with the keys of its metadata document."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims: Mapping[str, Any] = jwt.decode(
            assertion,
            jwt.PyJWKSet.from_dict(dict(keys))[header.get("kid", "")],
            algorithms=ASSERTION_ALGORITHMS,
            audience=[metadata.issuer(), f"{metadata.issuer()}/oauth/token"],
            issuer=client.id,
            options={"require": ["exp", "aud", "iss", "sub", "jti"]},
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise _invalid_client("The client assertion is invalid.") from error
    use = hashlib.sha256(f"{client.id} {claims['jti']}".encode()).hexdigest()
    is_new = cache.add(f"oauth.assertion:{use}", value=True, timeout=ASSERTION_SECONDS_MAX)
    is_short = claims["exp"] <= timezone.now().timestamp() + ASSERTION_SECONDS_MAX
    if claims["sub"] != client.id or not is_short or not is_new:
        raise _invalid_client("The client assertion was already used, or isn't for this client.")


def _invalid_client(description: str) -> OAuthError:
    return OAuthError(INVALID_CLIENT, description, status=UNAUTHORIZED)
