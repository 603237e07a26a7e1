"""Requests for consent: read and check them, approve or deny them (OAuth 2.1, section 4.1)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.db import transaction
from django.utils import timezone

from accounts import api_keys
from accounts.models import AuthorizationCode, OAuthClient, User
from accounts.oauth import clients, connections, metadata, redirects, scopes
from accounts.oauth.errors import ACCESS_DENIED, INVALID_REQUEST, INVALID_TARGET, OAuthError, UntrustedRequest
from accounts.oauth.parameters import Parameters, single

CODE_LIFETIME: Final = timedelta(seconds=60)
# The base64url form of a SHA-256 (RFC 7636).
CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A checked request for consent."""

    client: OAuthClient
    redirect_uri: str
    state: str | None
    challenge: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect back to the client; `url` contains the code or the error, and always the issuer (RFC 9207)."""

    redirect_uri: str
    parameters: Mapping[str, str | None]

    @property
    def url(self) -> str:
        present = {name: value for name, value in self.parameters.items() if value is not None}
        separator = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{separator}{urlencode({**present, 'iss': metadata.issuer()})}"


def read(parameters: Parameters, user: User) -> AuthorizationRequest | Redirect:
    """Check a request for the user's consent. An error becomes a redirect to the client.

    Raises:
        UntrustedRequest: The client or its redirect URI is unknown.
    """
    try:
        client_id, redirect_uri = single(parameters, "client_id"), single(parameters, "redirect_uri")
    except OAuthError as error:
        raise UntrustedRequest("The link from the app is not valid. Start again from the app.") from error
    client = clients.find_for_consent(client_id, user)
    redirect_uri = _registered(client, redirect_uri)
    state = next(iter(parameters.get("state", [])), None)
    try:
        return AuthorizationRequest(
            client=client,
            redirect_uri=redirect_uri,
            state=state,
            challenge=_challenge(parameters),
            scopes=scopes.parse(single(parameters, "scope")),
        )
    except OAuthError as error:
        return _error_redirect(redirect_uri, state, error)


def approve(
    request: AuthorizationRequest,
    user: User,
    *,
    name: str,
    monthly_credit_cap: int | None,
    confirm_above: int | None,
    allowed_models: Collection[str] | None,
) -> Redirect:
    """Connect the client to the user's account and return the redirect with a code.

    Connecting the same client again changes and continues its connection.

    Raises:
        InvalidArguments, KeyLimitReached: As for a key (accounts/api_keys.py).
    """
    code = api_keys.random_text()
    with transaction.atomic():
        # With the user's row locked, a suspension waits or is visible.
        owner = User.objects.select_for_update().get(pk=user.pk)
        if owner.suspended_at is not None or not owner.is_active:
            return deny(request)
        key = connections.connect(
            owner,
            request.client,
            name=name,
            monthly_credit_cap=monthly_credit_cap,
            confirm_above=confirm_above,
            allowed_models=allowed_models,
        )
        AuthorizationCode.objects.create(
            digest=api_keys.digest(code),
            key=key,
            redirect_uri=request.redirect_uri,
            challenge=request.challenge,
            scopes=sorted(request.scopes),
            expires_at=timezone.now() + CODE_LIFETIME,
        )
    return Redirect(request.redirect_uri, {"code": code, "state": request.state})


def deny(request: AuthorizationRequest) -> Redirect:
    """Return the redirect that reports the denial to the client."""
    error = OAuthError(ACCESS_DENIED, "The connection was not approved.")
    return _error_redirect(request.redirect_uri, request.state, error)


def _registered(client: OAuthClient, requested: str) -> str:
    """Return the redirect URI to use: the requested one, or the client's only one if it was left out."""
    if not requested and len(client.redirect_uris) == 1:
        requested = client.redirect_uris[0]
    if not any(redirects.matches(own, requested) for own in client.redirect_uris):
        redirects.log_refused(requested)
        raise UntrustedRequest(
            f"{client.name} asked to return to an address that it has not registered. Remove the server from the app, "
            "add it again, and connect once more."
        )
    return requested


def _challenge(parameters: Parameters) -> str:
    """Check the parameters of the code flow and return the code challenge."""
    single(parameters, "state")
    if single(parameters, "response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    if single(parameters, "response_mode") not in {"", "query"}:
        raise OAuthError(INVALID_REQUEST, "response_mode must be query.")
    challenge = single(parameters, "code_challenge")
    if single(parameters, "code_challenge_method") != "S256" or not CHALLENGE.fullmatch(challenge):
        raise OAuthError(INVALID_REQUEST, "PKCE is required: code_challenge with code_challenge_method S256.")
    for target in parameters.get("resource", []):
        check_resource(target)
    return challenge


def check_resource(target: str) -> None:
    """Check that tokens are requested for our MCP server: its URL, with or without a slash, or the origin (RFC 8707).

    Raises:
        OAuthError: invalid_target.
    """
    try:
        address = urlsplit(target)
    except ValueError:
        address = urlsplit("")
    own = urlsplit(metadata.resource())
    is_own_origin = (address.scheme.lower(), address.netloc.lower()) == (own.scheme, own.netloc.lower())
    if not is_own_origin or address.path.rstrip("/") not in {"", own.path} or address.query or address.fragment:
        raise OAuthError(INVALID_TARGET, f"The resource must be {metadata.resource()}.")


def _error_redirect(redirect_uri: str, state: str | None, error: OAuthError) -> Redirect:
    return Redirect(redirect_uri, {**error.to_json(), "state": state})
