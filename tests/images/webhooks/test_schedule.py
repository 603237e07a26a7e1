"""The pauses between tries, and when an endpoint is disabled."""

from datetime import UTC, datetime, timedelta

import pytest

from images.webhooks import schedule

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_ten_tries_are_spread_over_three_days() -> None:
    pauses = [schedule.pause(n, status=500, retry_after_seconds=None, spread=0) for n in range(1, 11)]
    seconds = [pause and pause.total_seconds() for pause in pauses]
    assert seconds == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, None]


def test_jitter_adds_up_to_a_tenth() -> None:
    assert schedule.pause(2, status=None, retry_after_seconds=None, spread=1) == timedelta(seconds=330)


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (429, None, 60),
        (502, None, 60),
        (504, None, 60),
        (503, None, 5),
        (503, 3600, 3600),
        (429, 10, 60),
        (500, 1, 5),
        (503, 1e300, 24 * 3600),
    ],
)
def test_an_overloaded_server_gets_more_time(status: int, retry_after: float | None, seconds: int) -> None:
    pause = schedule.pause(1, status=status, retry_after_seconds=retry_after, spread=0)
    assert pause == timedelta(seconds=seconds)


def test_the_last_failure_is_final_whatever_the_server_asks_for() -> None:
    assert schedule.pause(10, status=429, retry_after_seconds=5) is None


def test_410_and_five_days_of_failures_disable_an_endpoint() -> None:
    assert schedule.ends_endpoint(410, failing_since=NOW, now=NOW)
    assert schedule.ends_endpoint(500, failing_since=NOW - timedelta(days=5), now=NOW)
    assert not schedule.ends_endpoint(None, failing_since=NOW - timedelta(days=4, hours=23), now=NOW)
