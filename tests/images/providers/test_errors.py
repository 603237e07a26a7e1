from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from images.providers import errors


@pytest.mark.parametrize(("value", "seconds"), [("0", 0), ("30", 30), ("1.5", 1.5)])
def test_retry_after_accepts_seconds(value: str, seconds: float) -> None:
    assert errors.retry_after_seconds({"retry-after": value}) == seconds


def test_retry_after_accepts_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3590 < (errors.retry_after_seconds({"retry-after": date}) or 0) <= 3600


def test_retry_after_with_a_past_date_is_zero() -> None:
    assert errors.retry_after_seconds({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}) == 0


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "nan", "inf", "1e999", "9 minutes", "Sun, 99 Nov 1994 08:49:37 GMT"]
)
def test_an_invalid_retry_after_is_none(value: str) -> None:
    assert errors.retry_after_seconds({"retry-after": value}) is None


def test_a_missing_retry_after_is_none() -> None:
    assert errors.retry_after_seconds({}) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Refused.\n  Twice.", "Refused. Twice."),
        ("Refused. Quote the request ID abc-1. Bye!", "Refused. Bye!"),
        ("Refused: req_0a1b2c.", ""),
        (None, ""),
        ({"text": "Refused."}, ""),
    ],
)
def test_an_excerpt_is_one_line_without_request_ids(text: object, line: str) -> None:
    assert errors.excerpt(text) == line


def test_an_excerpt_is_short() -> None:
    assert len(errors.excerpt("word " * 1000)) <= errors.EXCERPT_MAX_CHARACTERS
