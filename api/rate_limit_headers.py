"""How a caller is told what is left of the minute: draft-ietf-httpapi-ratelimit-headers, revision 10."""

from typing import Final

from django.conf import settings

from accounts.authentication import RATE_LIMIT_WINDOW, RateLimitStatus
from accounts.exceptions import RateLimited, TooManyFailedKeys

POLICY: Final = '"default"'


def headers(allowance: RateLimitStatus | None) -> dict[str, str]:
    """Return the headers of an answer: the policy, and what is left where a caller is known; none without a limit."""
    if not settings.RATE_LIMIT_PER_MINUTE:
        return {}
    window = int(RATE_LIMIT_WINDOW.total_seconds())
    lines = {"RateLimit-Policy": f"{POLICY};q={settings.RATE_LIMIT_PER_MINUTE};w={window}"}
    if allowance:
        lines["RateLimit"] = f"{POLICY};r={allowance.remaining};t={allowance.resets_in_seconds}"
    return lines


def exhausted(error: Exception) -> RateLimitStatus | None:
    """Return what is left when this error was the answer, if the error tells."""
    if not isinstance(error, RateLimited) or isinstance(error, TooManyFailedKeys):
        return None
    return RateLimitStatus(error.limit_per_minute, 0, error.retry_after_seconds)
