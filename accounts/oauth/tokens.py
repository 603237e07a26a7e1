"""Access and refresh tokens: issue, refresh and revoke them.

Refresh tokens rotate. Clients refresh in parallel and lose responses, so a replaced token works for another GRACE, and
each use returns a new pair. A later use means that the token was stolen: its chain is revoked.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, AuthorizationCode, OAuthClient, OAuthToken
from accounts.oauth import scopes
from accounts.oauth.errors import INVALID_GRANT, OAuthError

ACCESS_PREFIX: Final = "gia_"
REFRESH_PREFIX: Final = "gir_"
ACCESS_LIFETIME: Final = timedelta(hours=1)
REFRESH_LIFETIME: Final = timedelta(days=60)
GRACE: Final = timedelta(seconds=60)

Row = TypeVar("Row", AuthorizationCode, OAuthToken)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A new access token and a new refresh token, which are stored as digests only."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scopes: Collection[str]

    def to_json(self) -> dict[str, str | int]:
        """Return the response of the token endpoint."""
        return {
            "access_token": self.access_token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
            "refresh_token": self.refresh_token,
            "scope": scopes.join(self.scopes),
        }


def exchange_code(client: OAuthClient, code: str, *, verifier: str, redirect_uri: str | None) -> TokenPair:
    """Exchange an authorization code for tokens. A second use of a code revokes the tokens of the first.

    Raises:
        OAuthError: invalid_grant: the code is unknown, expired or used, or was issued for another request.
    """
    with transaction.atomic():
        row = _locked(AuthorizationCode.objects.filter(digest=api_keys.digest(code)), client)
        if row is None:
            outcome: TokenPair | OAuthError = _invalid_grant("The code is invalid.")
        elif row.chain is not None:
            OAuthToken.objects.filter(chain=row.chain).delete()
            outcome = _invalid_grant("The code was already used.")
        elif row.expires_at <= timezone.now():
            outcome = _invalid_grant("The code has expired.")
        elif redirect_uri not in {None, row.redirect_uri}:
            outcome = _invalid_grant("redirect_uri differs from the one in the authorization request.")
        elif not _is_verifier_of(row.challenge, verifier):
            outcome = _invalid_grant("code_verifier does not match code_challenge.")
        else:
            row.chain = uuid.uuid4()
            row.save(update_fields=["chain"])
            outcome = _issue(row.key_id, row.chain, refresh_scopes=row.scopes, access_scopes=row.scopes)
    # Raised after the commit: a second use must leave the tokens deleted.
    if isinstance(outcome, OAuthError):
        raise outcome
    return outcome


def refresh(client: OAuthClient, token: str, *, scope: str) -> TokenPair:
    """Exchange a refresh token for a new pair of its chain. The previous access token stays valid.

    `scope` can name fewer scopes for the new access token.

    Raises:
        OAuthError: invalid_grant: the token is unknown, expired or was replaced more than GRACE ago.
    """
    now = timezone.now()
    with transaction.atomic():
        row = _locked(OAuthToken.objects.filter(digest=api_keys.digest(token), is_refresh=True), client)
        if row is None or row.expires_at <= now:
            outcome: TokenPair | OAuthError = _invalid_grant("The refresh token is invalid or expired.")
        elif row.replaced_at is not None and row.replaced_at < now - GRACE:
            OAuthToken.objects.filter(chain=row.chain).delete()
            outcome = _invalid_grant("The refresh token was already used.")
        else:
            if row.replaced_at is None:
                row.replaced_at = now
                row.save(update_fields=["replaced_at"])
            requested = scopes.ALL.intersection(scope.split()) or frozenset(row.scopes)
            access_scopes = requested.intersection(row.scopes) or row.scopes
            outcome = _issue(row.key_id, row.chain, refresh_scopes=row.scopes, access_scopes=access_scopes)
    if isinstance(outcome, OAuthError):
        raise outcome
    return outcome


def revoke(client: OAuthClient | None, token: str) -> None:
    """Revoke a token (RFC 7009): a refresh token with its whole chain, an access token alone. Others are ignored."""
    tokens = OAuthToken.objects.filter(digest=api_keys.digest(token))
    tokens = tokens if client is None else tokens.filter(key__client=client)
    with transaction.atomic():
        # As in _locked, but a suspended user's tokens can be revoked as well.
        ApiKey.objects.select_for_update(no_key=True).filter(pk__in=tokens.values_list("key_id")[:1]).first()
        row = tokens.first()
        if row is not None:
            same = {"chain": row.chain} if row.is_refresh else {"digest": row.digest}
            OAuthToken.objects.filter(**same).delete()


def is_access_token(secret: str) -> bool:
    """Check prefix, length and checksum of an access token without a query."""
    return api_keys.is_well_formed(secret, prefix=ACCESS_PREFIX)


def _issue(
    key_id: uuid.UUID, chain: uuid.UUID, *, refresh_scopes: Collection[str], access_scopes: Collection[str]
) -> TokenPair:
    access, refresh_token = api_keys.new_secret(ACCESS_PREFIX), api_keys.new_secret(REFRESH_PREFIX)
    now = timezone.now()
    OAuthToken.objects.bulk_create(
        OAuthToken(
            digest=api_keys.digest(secret),
            key_id=key_id,
            is_refresh=is_refresh,
            chain=chain,
            scopes=sorted(granted),
            expires_at=now + lifetime,
        )
        for secret, is_refresh, granted, lifetime in (
            (access, False, access_scopes, ACCESS_LIFETIME),
            (refresh_token, True, refresh_scopes, REFRESH_LIFETIME),
        )
    )
    return TokenPair(access, refresh_token, access_scopes)


def _locked(rows: QuerySet[Row], client: OAuthClient) -> Row | None:
    """Lock the connection of a code or token and return its row, or None if this client may not use it (any more).

    Whatever adds or revokes tokens locks their connection first, so that no token is added to a revoked chain or
    connection, and no two requests deadlock.
    """
    is_usable = Q(revoked_at=None, user__suspended_at=None, user__is_active=True)
    keys = ApiKey.objects.select_for_update(of=("self",), no_key=True)
    connection = keys.filter(is_usable, pk__in=rows.values_list("key_id")[:1], client=client).first()
    return None if connection is None else rows.first()


def _is_verifier_of(challenge: str, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(computed, challenge)


def _invalid_grant(description: str) -> OAuthError:
    return OAuthError(INVALID_GRANT, description)
