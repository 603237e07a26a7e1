"""A user's spending by day and model.

Triggers sum it up in the transaction of each request and refund, so that a year takes one short query. The audit
compares the sums with the images. A refunded image counts on no day; booking the refund on its own day could make that
day negative.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from images.models import SpendSummary


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
    """Return the user's spending in a period of UTC by day and model; days without images are omitted.

    `breakdown` sums up periods of other time zones.
    """
    summary = SpendSummary.objects.filter(user_id=user_id, day__range=(period.first, period.last), images__gt=0)
    rows = summary.order_by("day", "model_id").values_list("day", "model_id", "images", "credits")
    return [DailySpend(*row) for row in rows]
