"""A user's spending by day in any time zone, and by model, key or client, for the chart of the usage page.

The rule of what counts is that of `spend`: a refunded image counts on no day.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, LiteralString, NamedTuple

from django.db import connection

from accounts import user_agents
from accounts.models import ApiKey
from images.statistics.chart import OTHER_SERIES, SpendChart
from images.statistics.spend import DailySpend, Period

MODEL, KEY, CLIENT = "model", "key", "client"
DASHBOARD: Final = "Dashboard"
UNKNOWN_CLIENT: Final = "Unknown client"
UNKNOWN_KEY: Final = "Deleted key"
OTHERS: Final = "Others"
# One colour for each; further ones are summed up.
NAMES_MAX: Final = 8

COLUMNS: Final[dict[str, LiteralString]] = {
    MODEL: "model_id",
    KEY: "api_key_id",
    CLIENT: "CASE WHEN api_key_id IS NULL AND client = '' THEN NULL ELSE client END",
}
# width_bucket finds the number of the day from the start times of the days, which the caller computes: the database
# may have other time zone data. The index images_spending_by_source has all columns.
BY_DAY: Final[LiteralString] = """
SELECT width_bucket(created_at, %(starts)s::timestamptz[]) AS day, {column} AS name, count(*), sum(credit_cost)::bigint
FROM images_image
WHERE user_id = %(user)s AND created_at >= %(since)s AND created_at < %(until)s
  AND id NOT IN (
      SELECT reference_id FROM billing_ledgerentry
      WHERE account_id = (SELECT id FROM billing_creditaccount WHERE user_id = %(user)s)
        AND type = 'refund' AND created_at >= %(since)s AND reference_id IS NOT NULL
  )
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Total(NamedTuple):
    """The images and credits of one model, key or client in the whole period, and its CSS class."""

    name: str
    series: str
    images: int
    credits: int


@dataclass(frozen=True)
class BreakdownChart(SpendChart):
    """A chart whose bars are stacked by key or client; the name is in the place of the model's id."""

    @cached_property
    def models(self) -> list[tuple[str, str]]:
        """The names, each with its CSS class, the one with the most credits first."""
        credits = _credits(self.spending)
        names = sorted(credits, key=lambda name: (name == OTHERS, -credits[name], name))
        return [(name, OTHER_SERIES if name == OTHERS else f"s{number}") for number, name in enumerate(names, start=1)]


def chart(user_id: uuid.UUID, period: Period, by: str) -> SpendChart:
    """Return the chart of a period in its time zone, by MODEL, KEY or CLIENT, with one query, and another for KEY."""
    rows = _rows(user_id, period, by)
    if by == MODEL:
        return SpendChart(period, _spending(period, rows, str))
    spending = _spending(period, rows, _key_name(rows) if by == KEY else _client_name)
    return BreakdownChart(period, _with_others(spending))


def totals(chart: SpendChart) -> list[Total]:
    """Return the totals of the names of a chart, the one with the most credits first."""
    images: Counter[str] = Counter()
    for each in chart.spending:
        images[each.model_id] += each.images
    credits = _credits(chart.spending)
    found = [Total(name, series, images[name], credits[name]) for name, series in chart.models]
    return sorted(found, key=lambda total: (total.name == OTHERS, -total.credits))


def _rows(user_id: uuid.UUID, period: Period, by: str) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {
        "user": user_id,
        "since": period.since,
        "until": period.until,
        "starts": period.starts,
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_DAY.replace("{column}", COLUMNS[by]), parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _spending(period: Period, rows: Sequence[tuple[Any, ...]], name_of: Callable[[Any], str]) -> list[DailySpend]:
    """Return the rows with names in place of keys; several keys may have the same name."""
    sums: dict[tuple[int, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for day, key, images, credits in rows:
        before = sums[day, name_of(key)]
        sums[day, name_of(key)] = (before[0] + images, before[1] + credits)
    return [DailySpend(period.days[day - 1], name, *numbers) for (day, name), numbers in sums.items()]


def _key_name(rows: Sequence[tuple[Any, ...]]) -> Callable[[Any], str]:
    keys = ApiKey.objects.in_bulk({key for _, key, *_ in rows if key is not None})

    def name_of(key_id: uuid.UUID | None) -> str:
        if key_id is None:
            return DASHBOARD
        return keys[key_id].label if key_id in keys else UNKNOWN_KEY

    return name_of


def _client_name(user_agent: str | None) -> str:
    return DASHBOARD if user_agent is None else user_agents.client_name(user_agent) or UNKNOWN_CLIENT


def _credits(spending: Sequence[DailySpend]) -> Counter[str]:
    credits: Counter[str] = Counter()
    for each in spending:
        credits[each.model_id] += each.credits
    return credits


def _with_others(spending: Sequence[DailySpend]) -> list[DailySpend]:
    """Return the spending with all names but the NAMES_MAX with the most credits summed up as OTHERS."""
    shown = {name for name, _ in _credits(spending).most_common(NAMES_MAX)}
    sums: dict[tuple[Any, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for each in spending:
        key = each.day, each.model_id if each.model_id in shown else OTHERS
        sums[key] = (sums[key][0] + each.images, sums[key][1] + each.credits)
    return [DailySpend(day, name, *numbers) for (day, name), numbers in sums.items()]
