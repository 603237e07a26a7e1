"""Spending as a chart: the figures of bars that a template draws as SVG, and the same numbers for a table."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import count
from typing import Final

from images.statistics.spend import DailySpend, Period

# The chart's own units; the page stretches them.
WIDTH = 1000
HEIGHT = 160
BAR_SHARE = 0.8
SPACE_BETWEEN_PARTS = 1.5
LINES = 4
DATES_SHOWN = 5

# A model keeps its colour everywhere; one that came later has the colour of all others.
SERIES: Final = {
    "openai:gpt-image-2": "s1",
    "google:gemini-3-pro-image-preview": "s2",
    "google:gemini-3.1-flash-image-preview": "s3",
    "openai:gpt-image-1.5": "s4",
    "google:gemini-2.5-flash-image": "s5",
}
OTHER_SERIES: Final = "s-other"


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the chart."""

    x: float
    y: float
    width: float
    height: float
    series: str


@dataclass(frozen=True, slots=True)
class ChartDay:
    """One day's credits, by model in the order of the legend."""

    day: date
    credits: Sequence[int]
    images: int

    @property
    def total(self) -> int:
        return sum(self.credits)


@dataclass(frozen=True)
class SpendChart:
    """What was spent in a period."""

    period: Period
    spent: Sequence[DailySpend]

    width = WIDTH
    height = HEIGHT

    @cached_property
    def credits(self) -> int:
        return sum(each.credits for each in self.spent)

    @cached_property
    def images(self) -> int:
        return sum(each.images for each in self.spent)

    @cached_property
    def models(self) -> list[tuple[str, str]]:
        """The models that were used, each with its series: those with a colour of their own first."""
        used = {each.model_id for each in self.spent}
        own = [(model, series) for model, series in SERIES.items() if model in used]
        return own + [(model, OTHER_SERIES) for model in sorted(used - SERIES.keys())]

    @cached_property
    def days(self) -> list[ChartDay]:
        credits: dict[tuple[date, str], int] = {(each.day, each.model_id): each.credits for each in self.spent}
        images: dict[date, int] = defaultdict(int)
        for each in self.spent:
            images[each.day] += each.images
        return [
            ChartDay(day, [credits.get((day, model), 0) for model, _ in self.models], images[day])
            for day in self.period.days
        ]

    @property
    def busiest(self) -> ChartDay:
        return max(self.days, key=lambda day: day.total)

    @cached_property
    def top(self) -> int:
        """The value at the upper edge: a round number of credits, with round numbers at the lines below it."""
        highest = max(1, self.busiest.total)
        steps = (digit * 10**power for power in count() for digit in (1, 2, 3, 4, 5, 6, 8))
        return int(next(step * LINES for step in steps if step * LINES >= highest))

    @property
    def scale(self) -> list[int]:
        """The values at the lines, from the top down."""
        return [self.top * line // LINES for line in range(LINES, -1, -1)]

    @property
    def lines(self) -> list[float]:
        return [HEIGHT * line / LINES for line in range(LINES + 1)]

    @property
    def dates(self) -> list[date]:
        """A few days for the axis, the first and the last among them."""
        days = self.period.days
        shown = min(DATES_SHOWN, len(days))
        return [days[round(index * (len(days) - 1) / max(1, shown - 1))] for index in range(shown)]

    @property
    def stacks(self) -> list[Bar]:
        """A bar for each model of each day, one above the other."""
        return list(self._stacks())

    @property
    def totals(self) -> list[Bar]:
        """A bar for each day, as high as the busiest day allows."""
        highest = max(1, self.busiest.total)
        return [
            self._bar(index, 0, HEIGHT * day.total / highest, "s1") for index, day in enumerate(self.days) if day.total
        ]

    def _stacks(self) -> Iterator[Bar]:
        for index, day in enumerate(self.days):
            below = 0.0
            for credits, (_, series) in zip(day.credits, self.models, strict=True):
                if credits:
                    height = HEIGHT * credits / self.top
                    yield self._bar(index, below, height - SPACE_BETWEEN_PARTS, series)
                    below += height

    def _bar(self, index: int, below: float, height: float, series: str) -> Bar:
        step = WIDTH / len(self.days)
        height = max(1.0, height)
        x = step * (index + (1 - BAR_SHARE) / 2)
        return Bar(round(x, 2), round(HEIGHT - below - height, 2), round(step * BAR_SHARE, 2), round(height, 2), series)
