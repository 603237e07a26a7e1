"""Errors of the OAuth endpoints, as RFC 6749 and RFC 7591 name them."""

from typing import Final

INVALID_REQUEST: Final = "invalid_request"
INVALID_CLIENT: Final = "invalid_client"
INVALID_GRANT: Final = "invalid_grant"
INVALID_TARGET: Final = "invalid_target"
ACCESS_DENIED: Final = "access_denied"


class OAuthError(Exception):
    """An error response: a code that programs read, a description for developers, and an HTTP status."""

    def __init__(self, code: str, description: str, *, status: int = 400) -> None:
        self.code = code
        self.description = description
        self.status = status
        super().__init__(description)

    def to_json(self) -> dict[str, str]:
        """Return the body of the response (RFC 6749, section 5.2)."""
        return {"error": self.code, "error_description": self.description}


class UntrustedRequest(Exception):
    """The client or its redirect URI is unknown, so the user sees an error page and is not redirected.

    The description contains the next step.
    """

    def __init__(self, description: str) -> None:
        self.description = description
        super().__init__(description)
