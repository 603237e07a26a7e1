"""A client, and the steps to its tokens without HTTP."""

import base64
import hashlib
import uuid
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from accounts.models import OAuthClient, User
from accounts.oauth import authorization, tokens
from accounts.oauth.authorization import AuthorizationRequest
from accounts.oauth.tokens import TokenPair

REDIRECT_URI: Final = "http://127.0.0.1:33418/callback"
VERIFIER: Final = "a-code-verifier-of-at-least-43-characters-0123456789"
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def create_client(name: str = "Test app") -> OAuthClient:
    """Create a public client, as a registration does."""
    return OAuthClient.objects.create(id=uuid.uuid4().hex, name=name, redirect_uris=[REDIRECT_URI])


def new_code(user: User, client: OAuthClient, **limits: Any) -> str:
    """Approve the client and return the code."""
    request = AuthorizationRequest(
        client=client,
        redirect_uri=REDIRECT_URI,
        state=None,
        challenge=CHALLENGE,
        scopes=frozenset({"images:read", "images:generate"}),
    )
    defaults = {"name": client.name, "monthly_credit_cap": 100, "confirm_above": None, "allowed_models": None}
    settings: dict[str, Any] = defaults | limits
    redirect = authorization.approve(request, user, **settings)
    return parse_qs(urlsplit(redirect.url).query)["code"][0]


def exchange(client: OAuthClient, code: str) -> TokenPair:
    return tokens.exchange_code(client, code, verifier=VERIFIER, redirect_uri=REDIRECT_URI)


def refresh(client: OAuthClient, pair: TokenPair) -> TokenPair:
    return tokens.refresh(client, pair.refresh_token, scope="")


def connect(user: User, client: OAuthClient, **limits: Any) -> TokenPair:
    """Approve the client and return its first tokens."""
    return exchange(client, new_code(user, client, **limits))
