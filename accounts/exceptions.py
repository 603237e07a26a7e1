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
 │   └─ ExpiredKey
 └─ RateLimited
     └─ TooManyFailedKeys
"""

from infrastructure.exceptions import ServiceError


class AccountSuspended(ServiceError):
    """The account may do nothing until staff restore it."""

    code = "account_suspended"
    status = 403

    def __init__(self) -> None:
        super().__init__("This account is suspended. Its credits and images are kept; write to support to restore it.")


class KeyLimitReached(ServiceError):
    """The user holds as many live keys as one may."""

    code = "key_limit_reached"
    status = 409

    def __init__(self, limit: int) -> None:
        super().__init__(f"An account has at most {limit} live API keys. Revoke one that is no longer used first.")


class KeyAlreadyCreated(ServiceError):
    """The same request to create a key came a second time."""

    code = "key_already_created"
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This key was created before, and its secret has been shown. If you did not save it, revoke the key and "
            "create another."
        )


class KeyInactive(ServiceError):
    """The key no longer opens a door, and nothing brings it back."""

    code = "key_ended"
    status = 409

    def __init__(self) -> None:
        super().__init__("This API key is revoked or expired and cannot be changed. Create a new one.")


class KeyNotFound(ServiceError):
    """The user has no such key."""

    code = "key_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("There is no such API key.")


class AuthenticationFailed(ServiceError):
    """No caller could be found behind the request."""

    status = 401


class MissingKey(AuthenticationFailed):
    """No Authorization header, or another scheme than Bearer."""

    code = "missing_key"

    def __init__(self) -> None:
        super().__init__("Send an API key in the header: Authorization: Bearer sk_...")


class InvalidKey(AuthenticationFailed):
    """Not a key of this service: mistyped, cut off, or made elsewhere."""

    code = "invalid_key"

    def __init__(self) -> None:
        super().__init__("This is no API key of this service. Check that the whole key was copied.")


class RevokedKey(AuthenticationFailed):
    """A key that its owner has revoked."""

    code = "revoked_key"

    def __init__(self) -> None:
        super().__init__("This API key has been revoked. Create a new one in the dashboard.")


class ExpiredKey(AuthenticationFailed):
    """A key whose last day has passed."""

    code = "expired_key"

    def __init__(self) -> None:
        super().__init__("This API key has expired. Create a new one in the dashboard.")


class RateLimited(ServiceError):
    """The user made more requests than one may in a minute."""

    code = "rate_limited"
    status = 429
    retryable = True

    def __init__(self, limit_per_minute: int, retry_after_seconds: int) -> None:
        self.limit_per_minute = limit_per_minute
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            f"The limit of {limit_per_minute} requests a minute is used up. Try again in {retry_after_seconds} s."
        )


class TooManyFailedKeys(RateLimited):
    """Many keys that open nothing came from one address."""

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        ServiceError.__init__(
            self,
            "Too many unknown keys came from this address. Check the key that is used there, and try again in "
            f"{retry_after_seconds} s. A good key works all the same.",
        )
