"""The WWW-Authenticate header, which points clients to the sign-in (RFC 6750 and RFC 9728)."""

from accounts.exceptions import MissingKey
from accounts.oauth import metadata, scopes
from infrastructure.exceptions import ServiceError


def for_error(error: ServiceError) -> str:
    """Return the header of a 401 response. It names an error only if credentials were sent."""
    reason = "" if isinstance(error, MissingKey) else 'error="invalid_token", '
    return _challenge(reason, scopes.join(scopes.ALL))


def for_scope(scope: str) -> str:
    """Return the header of a 403 response, with the scope that the call needs."""
    return _challenge('error="insufficient_scope", ', scope)


def _challenge(reason: str, scope: str) -> str:
    return f'Bearer {reason}scope="{scope}", resource_metadata="{metadata.resource_metadata_url()}"'
