"""Who is calling: one statement finds the key and its owner, counts the request and notes the key's last use.

No key is cached, so revoking one takes effect on the next request of every process.
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
    InvalidKey,
    MissingKey,
    RateLimited,
    RevokedKey,
)
from accounts.models import User
from infrastructure import database, metrics
from infrastructure.exceptions import ServiceError

CLIENT_MAX_CHARACTERS = 100
RATE_LIMIT_WINDOW = timedelta(minutes=1)

# A key's last use is written when its address or client changes, and otherwise once a minute: a write for every
# request would cost more than the request.
AUTHENTICATE: Final[LiteralString] = """
WITH caller AS (
    SELECT k.id AS key_id, k.digest, k.name, k.last_four, k.monthly_credit_cap, k.allowed_models,
           k.revoked_at IS NOT NULL AS revoked,
           COALESCE(k.expires_at <= now(), FALSE) AS expired,
           u.id AS user_id, u.email, u.suspended_at IS NOT NULL OR NOT u.is_active AS suspended
    FROM accounts_apikey k
    JOIN accounts_user u ON u.id = k.user_id
    WHERE k.digest = %(digest)s
), request AS (
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


@dataclass(frozen=True, slots=True)
class ApiKeyInfo:
    """What a request needs to know of the key it came with."""

    id: uuid.UUID
    name: str
    last_four: str
    monthly_credit_cap: int | None
    allowed_models: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """What is left of the running minute: requests, and seconds until it starts anew."""

    limit: int
    remaining: int
    resets_in_seconds: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, with the key they came with (None in the dashboard)."""

    user_id: uuid.UUID
    email: str
    suspended: bool = False
    key: ApiKeyInfo | None = None
    allowance: RateLimitStatus | None = None

    @classmethod
    def in_dashboard(cls, user: User) -> "Caller":
        """Return the caller that somebody is who has signed in."""
        return cls(user.pk, user.email, suspended=user.suspended_at is not None)

    def require_active(self) -> None:
        """Let only accounts in good standing pass.

        Raises:
            AccountSuspended: Staff have suspended the account.
        """
        if self.suspended:
            raise AccountSuspended


async def authenticate(authorization: str | None, *, address: str | None, client: str) -> Caller:
    """Return who sent a request with this Authorization header, and count the request against their limit.

    Args:
        authorization: The header's value, or None without one.
        address: The client's IP address, kept as the key's last use.
        client: The client's own name (its User-Agent), kept likewise.

    Raises:
        MissingKey, InvalidKey, RevokedKey, ExpiredKey: No caller stands behind the header.
        RateLimited: The caller is known and over the limit.
        TooManyFailedKeys: No caller stands behind the header, and many such came from this address.
    """
    try:
        return await _authenticate(authorization, address=address, client=client)
    except ServiceError as error:
        metrics.refused_keys.labels(error.code).inc()
        raise


async def _authenticate(authorization: str | None, *, address: str | None, client: str) -> Caller:
    digest = api_keys.digest(_secret(authorization))
    parameters = {
        "digest": digest,
        "limit": settings.RATE_LIMIT_PER_MINUTE,
        "window": RATE_LIMIT_WINDOW,
        "address": address,
        "client": "".join(c for c in client if c.isprintable())[:CLIENT_MAX_CHARACTERS],
    }
    row = await database.fetch_one(AUTHENTICATE, parameters)
    try:
        return _caller(row, digest)
    except AuthenticationFailed:
        await failed_keys.record(address)
        raise


def _secret(authorization: str | None) -> str:
    scheme, _, secret = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer":
        raise MissingKey
    secret = secret.strip()
    if not api_keys.is_well_formed(secret):
        raise InvalidKey
    return secret


def _caller(row: Mapping[str, Any] | None, digest: bytes) -> Caller:
    if row is None or not hmac.compare_digest(bytes(row["digest"]), digest):
        raise InvalidKey
    if row["revoked"]:
        raise RevokedKey
    if row["expired"]:
        raise ExpiredKey
    allowance = _allowance(row)
    allowed_models = row["allowed_models"]
    key = ApiKeyInfo(
        id=row["key_id"],
        name=row["name"],
        last_four=row["last_four"],
        monthly_credit_cap=row["monthly_credit_cap"],
        allowed_models=None if allowed_models is None else frozenset(allowed_models),
    )
    return Caller(row["user_id"], row["email"], row["suspended"], key, allowance)


def _allowance(row: Mapping[str, Any]) -> RateLimitStatus | None:
    if row["requests"] is None:
        return None
    limit = settings.RATE_LIMIT_PER_MINUTE
    resets_in = max(1, math.ceil(row["resets_in"]))
    if row["requests"] > limit:
        raise RateLimited(limit, resets_in)
    return RateLimitStatus(limit, limit - row["requests"], resets_in)
