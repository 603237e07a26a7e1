"""Rate limit headers, after draft-ietf-httpapi-ratelimit-headers, revision 10."""

from typing import Final

from django.conf import settings

from accounts.authentication import RATE_LIMIT_WINDOW, RateLimitStatus
from accounts.exceptions import RateLimited, TooManyFailedKeys

POLICY: Final = '"default"'


def headers(rate_limit: RateLimitStatus | None) -> dict[str, str]:
    """Return the policy and, for an authenticated caller, the remaining quota. Empty if the limit is off."""
    if not settings.RATE_LIMIT_PER_MINUTE:
        return {}
    window = int(RATE_LIMIT_WINDOW.total_seconds())
    fields = {"RateLimit-Policy": f"{POLICY};q={settings.RATE_LIMIT_PER_MINUTE};w={window}"}
    if rate_limit:
        fields["RateLimit"] = f"{POLICY};r={rate_limit.remaining};t={rate_limit.resets_in_seconds}"
    return fields


def exhausted(error: Exception) -> RateLimitStatus | None:
    """Return the status of the user's rate limit if this error reports that it is exceeded."""
    if not isinstance(error, RateLimited) or isinstance(error, TooManyFailedKeys):
        return None
    return RateLimitStatus(error.limit_per_minute, 0, error.retry_after_seconds)
