"""When a failed call is worth repeating, and after what pause: policy without clocks or side effects."""

import random

from images.exceptions import GenerationFailed, ProviderFailed
from images.providers import MAX_CALLS

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
# A pause that would end this close to the deadline leaves no time for a picture.
SHORTEST_USEFUL_CALL_SECONDS = 1.0


def pause_seconds(
    failure: GenerationFailed, *, calls_made: int, seconds_left: float, spread: float | None = None
) -> float | None:
    """Return how long to wait before the provider is called again, or None if it is not worth it.

    Args:
        failure: What the last call ended with.
        calls_made: How many calls were made for the image, this one included.
        seconds_left: Until the image's deadline.
        spread: 0 to 1, where between a half and the whole of the pause to land; random unless given, so that
            images that failed together do not come back together.
    """
    if not isinstance(failure, ProviderFailed) or calls_made >= min(failure.calls_allowed, MAX_CALLS):
        return None
    spread = random.random() if spread is None else spread  # noqa: S311
    pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 4 ** (calls_made - 1)) * (0.5 + spread / 2)
    pause = max(pause, failure.retry_after_seconds or 0)
    return pause if pause + SHORTEST_USEFUL_CALL_SECONDS < seconds_left else None
