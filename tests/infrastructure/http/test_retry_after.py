"""The Retry-After header of responses."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from infrastructure.http.retry_after import retry_after_seconds


@pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("30", 30), ("1.5", 1.5)])
def test_retry_after_accepts_seconds(value: str, seconds: float) -> None:
    assert retry_after_seconds({"retry-after": value}) == seconds


def test_retry_after_accepts_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3590 < (retry_after_seconds({"retry-after": date}) or 0) <= 3600


def test_retry_after_with_a_past_date_is_zero() -> None:
    assert retry_after_seconds({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}) == 0


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "nan", "inf", "1e999", "9 minutes", "Sun, 99 Nov 1994 08:49:37 GMT"]
)
def test_an_invalid_retry_after_is_none(value: str) -> None:
    assert retry_after_seconds({"retry-after": value}) is None


def test_a_missing_retry_after_is_none() -> None:
    assert retry_after_seconds({}) is None
