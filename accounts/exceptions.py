"""Errors about accounts, API keys and request limits.

infrastructure.exceptions.ServiceError
 ├─ AccountSuspended
 ├─ KeyLimitReached
 ├─ KeyAlreadyCreated
 ├─ KeyInactive
 ├─ KeyNotFound
 ├─ AuthenticationFailed
 │   ├─ MissingKey
 │   ├─ InvalidKey
 │   ├─ RevokedKey
 │   ├─ ExpiredKey
 │   └─ InvalidToken
 ├─ InsufficientScope
 └─ RateLimited
     └─ TooManyFailedKeys
"""

from accounts import support
from infrastructure.exceptions import ServiceError


class AccountSuspended(ServiceError):
    """Staff suspended the account."""

    code = "account_suspended"
    status = 403

    def __init__(self) -> None:
        contact = support.contact()
        advice = f" To restore it, contact support: {contact.name}." if contact else ""
        super().__init__(f"This account is suspended. Its credits and images are kept.{advice}")


class KeyLimitReached(ServiceError):
    """The user has the maximum number of live keys."""

    code = "key_limit_reached"
    status = 409

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"An account can have at most {limit} active API keys and connected apps. Revoke one that you don't use."
        )


class KeyAlreadyCreated(ServiceError):
    """A request to create a key was repeated."""

    code = "key_already_created"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This key was already created, and its secret can't be shown again. If you didn't save the secret, revoke "
            "the key and create a new one."
        )


class KeyInactive(ServiceError):
    """The key is revoked or expired, which is permanent."""

    code = "key_ended"
    status = 409

    def __init__(self, *, is_connection: bool = False) -> None:
        if is_connection:
            super().__init__("This app is disconnected and can't be changed. Connect it again from the app.")
        else:
            super().__init__("This API key is revoked or expired and can't be changed. Create a new one.")


class KeyNotFound(ServiceError):
    """The user has no key with this id."""

    code = "key_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("API key not found.")


class AuthenticationFailed(ServiceError):
    """The request has no valid API key."""

    status = 401


class MissingKey(AuthenticationFailed):
    """No Authorization header, or another scheme than Bearer."""

    code = "missing_key"

    def __init__(self, problem: str = "No API key provided.") -> None:
        super().__init__(f"{problem} Send the key in this header: Authorization: Bearer sk_...")


class InvalidKey(AuthenticationFailed):
    """The key is malformed or unknown."""

    code = "invalid_key"

    def __init__(self, hint: str = "Check that the whole key was copied.") -> None:
        super().__init__(f"This API key isn't valid. {hint}")


class RevokedKey(AuthenticationFailed):
    """The key was revoked."""

    code = "revoked_key"

    def __init__(self) -> None:
        super().__init__("This API key has been revoked. Create a new one in the dashboard.")


class ExpiredKey(AuthenticationFailed):
    """The key's expiry date has passed."""

    code = "expired_key"

    def __init__(self) -> None:
        super().__init__("This API key has expired. Create a new one in the dashboard.")


class InvalidToken(AuthenticationFailed):
    """The access token of a connection is unknown, expired, or not allowed here."""

    code = "invalid_token"

    def __init__(self, message: str = "This access token isn't valid or has expired. Connect the app again.") -> None:
        super().__init__(message)


class InsufficientScope(ServiceError):
    """The connection lacks the required scope."""

    code = "insufficient_scope"
    status = 403

    def __init__(self, scope: str = "images:generate") -> None:
        self.scope = scope
        super().__init__(f"This app needs the scope {scope}. Connect it again and allow it.")


class RateLimited(ServiceError):
    """The user exceeded the number of requests allowed per minute."""

    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, limit_per_minute: int, retry_after_seconds: int) -> None:
        self.limit_per_minute = limit_per_minute
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"Rate limit of {limit_per_minute} requests per minute exceeded. Try again in {retry_after_seconds} s."
        )


class TooManyFailedKeys(RateLimited):
    """One IP address sent too many unknown, revoked or expired keys."""

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        ServiceError.__init__(
            self,
            "Too many requests from this IP address had an invalid API key. Check the key and try again in "
            f"{retry_after_seconds} s. Requests with a valid key still work.",
        )
