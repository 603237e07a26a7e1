"""A user's spending by day and model.

Every image was charged its price once, when it was requested (an audit checks this), and a deleted image keeps its row.
A period is therefore summed up from an index of the images, and the ledger is read only for refunds. A refunded image
counts on no day; booking the refund on its own day could make that day negative.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, LiteralString

from django.db import connection
from django.utils import timezone

BY_DAY: Final[LiteralString] = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day, model_id, count(*), sum(credit_cost)::bigint
FROM images_image
WHERE user_id = %(user)s AND created_at >= %(since)s AND created_at < %(until)s
  AND id NOT IN (
      SELECT reference_id FROM billing_ledgerentry
      WHERE account_id = (SELECT id FROM billing_creditaccount WHERE user_id = %(user)s)
        AND type = 'refund' AND created_at >= %(since)s AND reference_id IS NOT NULL
  )
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Period:
    """A range of days in a time zone, including the first and the last."""

    first: date
    last: date
    zone: tzinfo = UTC

    @classmethod
    def of_last_days(cls, days: int, zone: tzinfo = UTC) -> "Period":
        """Return the period that ends today and has this many days."""
        today = timezone.now().astimezone(zone).date()
        return cls(today - timedelta(days=days - 1), today, zone)

    @property
    def since(self) -> datetime:
        return datetime.combine(self.first, time.min, self.zone)

    @property
    def until(self) -> datetime:
        return datetime.combine(self.last, time.min, self.zone) + timedelta(days=1)

    @property
    def starts(self) -> list[datetime]:
        """The times at which the days begin. A day has 23 or 25 hours when the clocks change."""
        return [datetime.combine(day, time.min, self.zone) for day in self.days]

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


@dataclass(frozen=True, slots=True)
class DailySpend:
    """The number and the price in credits of one model's images of one day, without refunded ones."""

    day: date
    model_id: str
    images: int
    credits: int


def by_day(user_id: uuid.UUID, period: Period) -> Sequence[DailySpend]:
    """Return the user's spending in the period by day and model; days without images are omitted."""
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY, {"user": user_id, "since": period.since, "until": period.until})
        return [DailySpend(*row) for row in cursor.fetchall()]
