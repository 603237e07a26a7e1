"""Connections: rows of the API key table that belong to an OAuth client. A user has one live row per client."""

import uuid
from collections import defaultdict
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient, OAuthToken, User
from accounts.oauth import connection_emails

# The monthly cap, in credits, that the consent page suggests.
DEFAULT_CAP_CREDITS = 100


def live(user: User, client: OAuthClient) -> ApiKey | None:
    """Return the user's connection of this client that is not revoked."""
    return ApiKey.objects.filter(user=user, client=client, revoked_at=None).first()


def is_first(user: User, client: OAuthClient) -> bool:
    """Return whether the user has never connected this client."""
    return not ApiKey.objects.filter(user=user, client=client).exists()


def granted_scopes(keys: Collection[ApiKey]) -> dict[uuid.UUID, frozenset[str]]:
    """Return the scopes of the connections that have a valid refresh token, by the connection's id."""
    connection_ids = [key.pk for key in keys if key.is_connection]
    if not connection_ids:
        return {}
    valid = OAuthToken.objects.filter(key__in=connection_ids, is_refresh=True, expires_at__gt=timezone.now())
    granted: dict[uuid.UUID, frozenset[str]] = defaultdict(frozenset)
    for key_id, scopes in valid.values_list("key_id", "scopes").distinct():
        granted[key_id] |= set(scopes)
    return dict(granted)


def connect(
    user: User,
    client: OAuthClient,
    *,
    name: str,
    monthly_credit_cap: int | None,
    confirm_above: int | None,
    allowed_models: Collection[str] | None,
) -> ApiKey:
    """Create the connection, or change the live one. The first one of a client is reported by email.

    The caller has locked the user's row.

    Raises:
        InvalidArguments, KeyLimitReached: As in api_keys.create.
    """
    existing = live(user, client)
    if existing is not None:
        api_keys.update(
            existing,
            name=name,
            monthly_credit_cap=monthly_credit_cap,
            confirm_above=confirm_above,
            expires_at=None,
            allowed_models=allowed_models,
        )
        return existing
    first = is_first(user, client)
    connection = api_keys.add(
        user,
        name=name,
        monthly_credit_cap=monthly_credit_cap,
        confirm_above=confirm_above,
        expires_at=None,
        allowed_models=allowed_models,
        client=client,
    )
    if first:
        # An unavailable mail server must not prevent the connection.
        transaction.on_commit(lambda: connection_emails.send_connected(connection), robust=True)
    return connection
