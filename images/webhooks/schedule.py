"""When a failed delivery is tried again, and when an endpoint is disabled: pure functions without a clock."""

import random
from datetime import datetime, timedelta
from typing import Final

# The pauses between the tries. The first try is made at once, so there are ten in all.
PAUSES: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
TRIES_MAX: Final = len(PAUSES) + 1
# Spreads the tries of deliveries that failed together.
JITTER: Final = 0.1
# The server is overloaded: it gets at least this much time.
OVERLOADED: Final = frozenset({429, 502, 504})
OVERLOADED_PAUSE: Final = timedelta(minutes=1)
# A longer Retry-After would delay the delivery beyond the time that it is kept.
RETRY_AFTER_MAX: Final = timedelta(hours=24)

GONE: Final = 410
FAILING_MAX: Final = timedelta(days=5)


def pause(
    failures: int, *, status: int | None, retry_after_seconds: float | None, spread: float | None = None
) -> timedelta | None:
    """Return the time until the next try, or None after the last one.

    Args:
        failures: The failed tries so far, at least 1.
        status: The HTTP status of the last response; None without a response.
        retry_after_seconds: The pause that the server requested.
        spread: 0 to 1, how much of the jitter to add. Random by default.
    """
    if failures > len(PAUSES):
        return None
    spread = random.random() if spread is None else spread  # noqa: S311
    planned = PAUSES[failures - 1] * (1 + JITTER * spread)
    requested = min(timedelta(seconds=min(retry_after_seconds or 0, RETRY_AFTER_MAX.total_seconds())), RETRY_AFTER_MAX)
    return max(planned, requested, OVERLOADED_PAUSE if status in OVERLOADED else timedelta(0))


def ends_endpoint(status: int | None, *, failing_since: datetime, now: datetime) -> bool:
    """Return whether a failed try disables its endpoint: it is gone, or has only failed for FAILING_MAX."""
    return status == GONE or now - failing_since >= FAILING_MAX
