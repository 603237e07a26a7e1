"""Authentication of API requests by key, for REST and MCP, and by the token of a connection, for MCP.

One statement finds the key and its owner, counts the request against the rate limit and records the key's last use.
Keys are not cached, so that a revoked key is rejected on the next request in every process.
"""

import hmac
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, LiteralString

from django.conf import settings

from accounts import api_keys, failed_keys
from accounts.exceptions import (
    AccountSuspended,
    AuthenticationFailed,
    ExpiredKey,
    InsufficientScope,
    InvalidKey,
    InvalidToken,
    MissingKey,
    RateLimited,
    RevokedKey,
)
from accounts.models import User
from accounts.oauth import tokens
from infrastructure import database
from infrastructure.exceptions import ServiceError
from infrastructure.http.client_address import client_address
from infrastructure.observability import metrics

CLIENT_MAX_CHARACTERS = 100
RATE_LIMIT_WINDOW = timedelta(minutes=1)
# Includes curly quotation marks, and their UTF-8 bytes decoded as Latin-1, as headers are.
QUOTATION_MARKS: Final = ('"', "'", "`", "\u201c", "\u2018", "\xe2\x80\x9c", "\xe2\x80\x98")
# The placeholder in our documentation and common variants.
PLACEHOLDERS: Final = frozenset({"YOUR_API_KEY", "YOUR-API-KEY", "API_KEY", "SK_...", "SK_YOUR_API_KEY"})

# A rate limit window lasts one minute and starts with the first request after the previous window ended.
#
# `use` updates the key only if its address or client changed, or if the last update is as old as such a window: an
# UPDATE for every request would cost more than the rest of the statement.
KEY_COLUMNS: Final[LiteralString] = """
           k.id AS key_id, k.name, k.last_four, k.monthly_credit_cap, k.confirm_above, k.allowed_models,
           k.revoked_at IS NOT NULL AS revoked,
           u.id AS user_id, u.email, u.suspended_at IS NOT NULL OR NOT u.is_active AS suspended"""
BY_KEY: Final[LiteralString] = f"""
    SELECT k.digest, NULL::text[] AS scopes, COALESCE(k.expires_at <= now(), FALSE) AS expired, {KEY_COLUMNS}
    FROM accounts_apikey k
    JOIN accounts_user u ON u.id = k.user_id
    WHERE k.digest = %(digest)s"""  # noqa: S608 - all parts are literals of ours
BY_TOKEN: Final[LiteralString] = f"""
    SELECT t.digest, t.scopes, LEAST(t.expires_at, k.expires_at) <= now() AS expired, {KEY_COLUMNS}
    FROM accounts_oauthtoken t
    JOIN accounts_apikey k ON k.id = t.key_id
    JOIN accounts_user u ON u.id = k.user_id
    WHERE t.digest = %(digest)s AND NOT t.is_refresh"""  # noqa: S608 - all parts are literals of ours
COUNT_REQUEST: Final[LiteralString] = """
, request AS (
    INSERT INTO accounts_requestwindow AS w (user_id, started_at, requests)
    SELECT user_id, now(), 1 FROM caller WHERE NOT revoked AND NOT expired AND %(limit)s::int > 0
    ON CONFLICT (user_id) DO UPDATE SET
        started_at = CASE WHEN w.started_at <= now() - %(window)s THEN now() ELSE w.started_at END,
        requests = CASE WHEN w.started_at <= now() - %(window)s THEN 1 ELSE w.requests + 1 END
    RETURNING requests, extract(epoch FROM started_at + %(window)s - now())::float AS resets_in
), use AS (
    UPDATE accounts_apikey k
    SET last_used_at = now(), last_used_address = %(address)s::inet, last_used_client = %(client)s::text
    FROM caller
    WHERE k.id = caller.key_id AND NOT revoked AND NOT expired
      AND (k.last_used_at IS NULL OR k.last_used_at < now() - %(window)s
           OR k.last_used_address IS DISTINCT FROM %(address)s::inet OR k.last_used_client <> %(client)s::text)
)
SELECT caller.*, request.requests, request.resets_in FROM caller LEFT JOIN request ON TRUE
"""
AUTHENTICATE_KEY: Final[LiteralString] = f"WITH caller AS ({BY_KEY}){COUNT_REQUEST}"
AUTHENTICATE_TOKEN: Final[LiteralString] = f"WITH caller AS ({BY_TOKEN}){COUNT_REQUEST}"


@dataclass(frozen=True, slots=True)
class ApiKeyInfo:
    """The API key or connection of a request, without a secret. `last_four` of a connection is empty."""

    id: uuid.UUID
    name: str
    last_four: str
    monthly_credit_cap: int | None
    confirm_above: int | None
    allowed_models: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """Rate limit of the current minute: requests allowed and remaining, and seconds until the counter resets."""

    limit: int
    remaining: int
    resets_in_seconds: int


@dataclass(frozen=True, slots=True)
class Caller:
    """The user that a request is made for, and the API key that authenticated it.

    In the dashboard the session authenticates the user, so that `key` is None. `rate_limit` is None there too, and if
    rate limiting is off. `client` is the printable part of User-Agent, at most CLIENT_MAX_CHARACTERS; empty in the
    dashboard.
    """

    user_id: uuid.UUID
    email: str
    suspended: bool = False
    key: ApiKeyInfo | None = None
    rate_limit: RateLimitStatus | None = None
    client: str = ""
    # What a connection may do; None for a key and in the dashboard, which may do everything.
    scopes: frozenset[str] | None = None

    @classmethod
    def in_dashboard(cls, user: User) -> "Caller":
        """Return the caller of a request from a signed-in user."""
        return cls(user.pk, user.email, suspended=user.suspended_at is not None)

    def require_active(self) -> None:
        """Reject a suspended account.

        Raises:
            AccountSuspended: The account is suspended.
        """
        if self.suspended:
            raise AccountSuspended

    def has_scope(self, scope: str) -> bool:
        """Return whether the caller may do this: a key and the dashboard may do everything."""
        return self.scopes is None or scope in self.scopes

    def require_scope(self, scope: str) -> None:
        """Reject a connection without this scope.

        Raises:
            InsufficientScope: The connection lacks the scope.
        """
        if not self.has_scope(scope):
            raise InsufficientScope(scope)


async def authenticate(
    authorization: str | None, *, peer: str | None, forwarded_for: str, client: str, tokens_allowed: bool = False
) -> Caller:
    """Return the caller of a request, and count the request against the rate limit.

    Args:
        authorization: Value of the Authorization header; None without one.
        peer: IP address of the connection.
        forwarded_for: Value of X-Forwarded-For. Only the entries of settings.TRUSTED_PROXIES are used.
        client: Value of User-Agent, recorded with the client's address as the last use of the key and with each image.
        tokens_allowed: Whether the entry point accepts the access token of a connection in place of a key.

    Raises:
        MissingKey, InvalidKey, RevokedKey, ExpiredKey: The header contains no valid key.
        InvalidToken: It contains an access token that is unknown or expired, or not allowed here.
        RateLimited: The key is valid, but its owner has exceeded the rate limit.
        TooManyFailedKeys: The header contains no valid key, and many invalid keys came from the client's address.
    """
    address = client_address(peer, forwarded_for, trusted_proxies=settings.TRUSTED_PROXIES)
    try:
        return await _authenticate(authorization, address=address, client=client, tokens_allowed=tokens_allowed)
    except ServiceError as error:
        metrics.refused_keys.labels(error.code).inc()
        raise


def has_token(authorization: str | None) -> bool:
    """Return whether an Authorization header contains an access token, valid or not."""
    return tokens.is_access_token((authorization or "").rpartition(" ")[2].strip())


async def _authenticate(authorization: str | None, *, address: str | None, client: str, tokens_allowed: bool) -> Caller:
    secret = _bearer_secret(authorization)
    is_token = secret.startswith(tokens.ACCESS_PREFIX)
    if is_token and not tokens_allowed:
        raise InvalidToken("Access tokens of connected apps work only over MCP. Use an API key here.")
    digest = api_keys.digest(secret)
    client = "".join(character for character in client if character.isprintable())[:CLIENT_MAX_CHARACTERS]
    parameters = {
        "digest": digest,
        "limit": settings.RATE_LIMIT_PER_MINUTE,
        "window": RATE_LIMIT_WINDOW,
        "address": address,
        "client": client,
    }
    row = await database.fetch_one(AUTHENTICATE_TOKEN if is_token else AUTHENTICATE_KEY, parameters)
    try:
        return _caller_from_row(row, digest, client, is_token=is_token)
    except AuthenticationFailed:
        # Failed tokens are not counted: every token expires, one vendor's servers send the tokens of many users, and a
        # client refreshes its token after 401 but not after 429.
        if not is_token:
            await failed_keys.record(address)
        raise


def _bearer_secret(authorization: str | None) -> str:
    value = (authorization or "").strip()
    scheme, _, secret = value.partition(" ")
    if scheme.lower() != "bearer":
        raise _missing_key(value)
    secret = secret.strip()
    if not (api_keys.is_well_formed(secret) or tokens.is_access_token(secret)):
        is_token = secret.startswith((tokens.ACCESS_PREFIX, tokens.REFRESH_PREFIX))
        raise InvalidToken if is_token else _malformed_key(secret)
    return secret


def _missing_key(authorization: str) -> MissingKey:
    if authorization.startswith(QUOTATION_MARKS):
        return MissingKey("The Authorization header is in quotation marks.")
    if authorization.startswith(api_keys.PREFIX):
        return MissingKey("The Authorization header needs the word Bearer before the key.")
    return MissingKey()


def _malformed_key(secret: str) -> InvalidKey:
    """Return the error for a text that cannot be a key, with a hint about a frequent mistake in configurations."""
    if secret.lower().startswith("bearer"):
        return InvalidKey("The Authorization header contains the word Bearer twice.")
    if secret.startswith(QUOTATION_MARKS):
        return InvalidKey("It is in quotation marks. Remove them.")
    if secret.startswith("<"):
        return InvalidKey("It is in brackets. Remove them.")
    if secret.startswith(("$", "%", "{{")):
        return InvalidKey("The client sent the name of a variable instead of its value. Check its configuration.")
    if secret.upper() in PLACEHOLDERS:
        return InvalidKey("Replace the placeholder with your key.")
    return InvalidKey()


def _caller_from_row(row: Mapping[str, Any] | None, digest: bytes, client: str, *, is_token: bool) -> Caller:
    # The index lookup is not constant-time; comparing the whole digest again is.
    if row is None or not hmac.compare_digest(bytes(row["digest"]), digest):
        raise InvalidToken if is_token else InvalidKey
    if row["revoked"]:
        raise InvalidToken if is_token else RevokedKey
    if row["expired"]:
        raise InvalidToken if is_token else ExpiredKey
    rate_limit = _check_rate_limit(row)
    allowed_models = row["allowed_models"]
    key = ApiKeyInfo(
        id=row["key_id"],
        name=row["name"],
        last_four=row["last_four"],
        monthly_credit_cap=row["monthly_credit_cap"],
        confirm_above=row["confirm_above"],
        allowed_models=None if allowed_models is None else frozenset(allowed_models),
    )
    scopes = None if row["scopes"] is None else frozenset(row["scopes"])
    return Caller(row["user_id"], row["email"], row["suspended"], key, rate_limit, client, scopes)


def _check_rate_limit(row: Mapping[str, Any]) -> RateLimitStatus | None:
    # NULL if rate limiting is off.
    if row["requests"] is None:
        return None
    limit = settings.RATE_LIMIT_PER_MINUTE
    resets_in = max(1, math.ceil(row["resets_in"]))
    if row["requests"] > limit:
        raise RateLimited(limit, resets_in)
    return RateLimitStatus(limit, limit - row["requests"], resets_in)
