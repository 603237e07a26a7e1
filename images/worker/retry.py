"""The retry policy for provider calls: pure functions without a clock or side effects."""

import random

from images.failures import GenerationFailed, ProviderFailed
from images.providers import MAX_CALLS

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
# A pause that would end this close to the deadline leaves no time for a picture.
SHORTEST_USEFUL_CALL_SECONDS = 1.0


def pause_seconds(
    failure: GenerationFailed, *, calls_made: int, seconds_left: float, spread: float | None = None
) -> float | None:
    """Return the seconds to wait before the next provider call, or None if no further call should be made.

    Args:
        failure: The outcome of the last call.
        calls_made: The provider calls made for the image so far.
        seconds_left: The time until the image's deadline.
        spread: 0 to 1, the position between half the pause and the whole pause. Random by default, so that images
            that failed together are not retried together.
    """
    if not isinstance(failure, ProviderFailed) or calls_made >= min(failure.calls_allowed, MAX_CALLS):
        return None
    spread = random.random() if spread is None else spread  # noqa: S311
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 4 ** (calls_made - 1)) * (0.5 + spread / 2)
    pause = max(pause, failure.retry_after_seconds or 0)
    return pause if pause + SHORTEST_USEFUL_CALL_SECONDS < seconds_left else None
