"""The retry policy: whether a failed call is repeated, and after which pause."""

import pytest

from images.failures import GenerationFailed, ModelRetired, ModerationRejected, ProviderFailed, TimedOut
from images.worker import retry

UNAVAILABLE = ProviderFailed("unavailable", calls_allowed=3)
WITH_RETRY_AFTER = ProviderFailed("unavailable", calls_allowed=3, retry_after_seconds=20)
TWICE = ProviderFailed("no picture", calls_allowed=2)


@pytest.mark.parametrize(
    ("failure", "calls_made", "pause"),
    [
        (UNAVAILABLE, 1, 1.0),
        (UNAVAILABLE, 2, 4.0),
        (UNAVAILABLE, 3, None),
        (WITH_RETRY_AFTER, 1, 20),
        (WITH_RETRY_AFTER, 2, 20),
        (WITH_RETRY_AFTER, 3, None),
        (ProviderFailed("unavailable", calls_allowed=3, retry_after_seconds=0.1), 1, 1.0),
        (TWICE, 1, 1.0),
        (TWICE, 2, None),
        (ProviderFailed("never again"), 1, None),
        (ProviderFailed("more than there are", calls_allowed=9), 3, None),
        (ModelRetired(), 1, None),
        (ModerationRejected.with_advice("No"), 1, None),
        (TimedOut(), 1, None),
    ],
)
def test_the_pause_before_the_next_call(failure: GenerationFailed, calls_made: int, pause: float | None) -> None:
    assert retry.pause_seconds(failure, calls_made=calls_made, seconds_left=600, spread=1) == pause


@pytest.mark.parametrize(("spread", "pause"), [(0, 2.0), (0.5, 3.0), (1, 4.0)])
def test_the_pause_is_spread_over_its_second_half(spread: float, pause: float) -> None:
    assert retry.pause_seconds(UNAVAILABLE, calls_made=2, seconds_left=600, spread=spread) == pause


def test_images_that_failed_together_are_not_retried_together() -> None:
    pauses = {retry.pause_seconds(UNAVAILABLE, calls_made=1, seconds_left=600) for _ in range(20)}
    assert len(pauses) > 1
    assert all(pause is not None and 0.5 <= pause <= 1 for pause in pauses)


@pytest.mark.parametrize(("seconds_left", "pause"), [(21, None), (21.5, 20), (0, None), (-5, None)])
def test_nothing_waits_past_the_deadline(seconds_left: float, pause: float | None) -> None:
    assert retry.pause_seconds(WITH_RETRY_AFTER, calls_made=1, seconds_left=seconds_left, spread=1) == pause
