"""Connections: rows of the keys' table that belong to an OAuth client. A person has one for each client."""

from collections.abc import Collection

from django.db.models import QuerySet

from accounts import api_keys
from accounts.models import ApiKey, OAuthClient, User

# The monthly cap, in credits, that the consent page suggests.
DEFAULT_CAP_CREDITS = 100


def live(user: User, client: OAuthClient) -> ApiKey | None:
    """Return the user's connection of this client that is not revoked."""
    return ApiKey.objects.filter(user=user, client=client, revoked_at=None).first()


def is_first(user: User, client: OAuthClient) -> bool:
    """Return whether the user has never connected this client."""
    return not ApiKey.objects.filter(user=user, client=client).exists()


def list_for(user: User) -> QuerySet[ApiKey]:
    """Return all connections of the user: live ones first, each group newest first."""
    return api_keys.list_for(user).filter(client__isnull=False).select_related("client")


def connect(
    user: User,
    client: OAuthClient,
    *,
    name: str,
    monthly_credit_cap: int | None,
    allowed_models: Collection[str] | None,
) -> ApiKey:
    """Create the connection, or change the live one. The caller has locked the user's row.

    Raises:
        InvalidArguments, KeyLimitReached: As in api_keys.create.
    """
    connection = live(user, client)
    if connection is None:
        return api_keys.add(
            user,
            name=name,
            monthly_credit_cap=monthly_credit_cap,
            expires_at=None,
            allowed_models=allowed_models,
            client=client,
        )
    api_keys.update(
        connection, name=name, monthly_credit_cap=monthly_credit_cap, expires_at=None, allowed_models=allowed_models
    )
    return connection
