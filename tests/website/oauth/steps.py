"""Steps of a client and of a person on the way to a connection."""

import base64
import hashlib
import json
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from accounts.models import User

REDIRECT_URI: Final = "http://127.0.0.1:33418/callback"
VERIFIER: Final = "a-code-verifier-of-at-least-43-characters-0123456789"
CHALLENGE: Final = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def register(client: Client, **metadata: Any) -> dict[str, Any]:
    """Register a public client and return the response."""
    defaults = {"client_name": "Test app", "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}
    response = client.post("/oauth/register", json.dumps(defaults | metadata), content_type="application/json")
    assert response.status_code == 201, response.content
    registration: dict[str, Any] = response.json()
    return registration


def consent_path(client_id: str, /, **parameters: Any) -> str:
    """Return the path to which a client sends a person. A parameter that is None is left out."""
    defaults = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "state": "some state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "scope": "images:read images:generate",
    }
    present = {name: value for name, value in (defaults | parameters).items() if value is not None}
    return f"/oauth/authorize?{urlencode(present, doseq=True)}"


def answer(response: Any) -> dict[str, str]:
    """Return the parameters of the redirect to the client."""
    assert response.status_code == 303, response.content
    return {name: value for name, (value,) in parse_qs(urlsplit(response["Location"]).query).items()}


def approve(client: Client, path: str, **fields: Any) -> dict[str, str]:
    """Connect the app on the consent page and return the parameters of the redirect."""
    form = client.get(path).context["form"]
    values = {
        "name": form["name"].value(),
        "monthly_credit_cap": form["monthly_credit_cap"].value() or "",
        "confirm_above": "" if form["confirm_above"].value() is None else form["confirm_above"].value(),
        "allowed_models": form["allowed_models"].value(),
    }
    return answer(client.post(path, values | fields))


def exchange(client: Client, client_id: str, code: str, /, **parameters: Any) -> Any:
    """Exchange a code at the token endpoint."""
    defaults = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": REDIRECT_URI,
    }
    return client.post("/oauth/token", defaults | parameters)


def refresh(client: Client, client_id: str, token: str, /, **parameters: Any) -> Any:
    """Exchange a refresh token at the token endpoint."""
    defaults = {"grant_type": "refresh_token", "client_id": client_id, "refresh_token": token}
    return client.post("/oauth/token", defaults | parameters)


def connect(client: Client, user: User, client_id: str = "", **parameters: Any) -> dict[str, Any]:
    """Sign the user in, connect an app and return its tokens, with its `client_id`."""
    client.force_login(user)
    client_id = client_id or register(client)["client_id"]
    code = approve(client, consent_path(client_id, **parameters))["code"]
    tokens: dict[str, Any] = exchange(client, client_id, code).json()
    return {**tokens, "client_id": client_id}
