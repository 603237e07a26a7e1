"""Data of the spending chart: bars that a template draws as SVG, and the same numbers for a table."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import count
from typing import Final

from images.statistics.spend import DailySpend, Period

# The SVG's coordinate system, which the page scales to the available width.
WIDTH = 1000
HEIGHT = 160
BAR_WIDTH_RATIO = 0.8
SEGMENT_GAP = 1.5
GRID_LINES = 4
DATES_SHOWN = 5

# CSS classes of the models' colours. A model that was added to the catalogue later has the shared colour OTHER_SERIES.
# The models are in the order of the shipped catalogue.
SERIES: Final = {
    "openai:gpt-image-1.5": "s4",
    "openai:gpt-image-2": "s1",
    "google:gemini-2.5-flash-image": "s5",
    "google:gemini-3.1-flash-image-preview": "s3",
    "google:gemini-3-pro-image-preview": "s2",
    "openai:gpt-image-2.5-flare": "s6",
    "openai:gpt-image-2.5-sunburst": "s7",
    "google:gemini-nano-banana-2.1": "s8",
    "google:gemini-3.1-flash-lite-image": "s9",
}
OTHER_SERIES: Final = "s-other"


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of the chart, and the CSS class of its colour."""

    x: float
    y: float
    width: float
    height: float
    series: str


@dataclass(frozen=True, slots=True)
class ChartDay:
    """The credits and images of one day; credits are by model, in the order of the legend."""

    day: date
    credits: Sequence[int]
    images: int

    @property
    def total(self) -> int:
        return sum(self.credits)


@dataclass(frozen=True)
class SpendChart:
    """The chart of a period's spending, in credits."""

    period: Period
    spending: Sequence[DailySpend]

    width = WIDTH
    height = HEIGHT

    @cached_property
    def credits(self) -> int:
        return sum(spend.credits for spend in self.spending)

    @cached_property
    def images(self) -> int:
        return sum(spend.images for spend in self.spending)

    @cached_property
    def models(self) -> list[tuple[str, str]]:
        """The models that were used, each with its CSS class; models with a colour of their own come first."""
        used = {spend.model_id for spend in self.spending}
        coloured = [(model, series) for model, series in SERIES.items() if model in used]
        return coloured + [(model, OTHER_SERIES) for model in sorted(used - SERIES.keys())]

    @cached_property
    def days(self) -> list[ChartDay]:
        credits: dict[tuple[date, str], int] = {(spend.day, spend.model_id): spend.credits for spend in self.spending}
        images: dict[date, int] = defaultdict(int)
        for spend in self.spending:
            images[spend.day] += spend.images
        return [
            ChartDay(day, [credits.get((day, model), 0) for model, _ in self.models], images[day])
            for day in self.period.days
        ]

    @property
    def busiest(self) -> ChartDay:
        return max(self.days, key=lambda day: day.total)

    @cached_property
    def top(self) -> int:
        """The value at the upper edge in credits, chosen so that every grid line has a round number."""
        highest = max(1, self.busiest.total)
        steps = (digit * 10**power for power in count() for digit in (1, 2, 3, 4, 5, 6, 8))
        return int(next(step * GRID_LINES for step in steps if step * GRID_LINES >= highest))

    @property
    def scale(self) -> list[int]:
        """The values at the grid lines, from top to bottom."""
        return [self.top * line // GRID_LINES for line in range(GRID_LINES, -1, -1)]

    @property
    def lines(self) -> list[float]:
        return [HEIGHT * line / GRID_LINES for line in range(GRID_LINES + 1)]

    @property
    def dates(self) -> list[date]:
        """At most DATES_SHOWN days for the axis, including the first and the last."""
        days = self.period.days
        shown = min(DATES_SHOWN, len(days))
        return [days[round(index * (len(days) - 1) / max(1, shown - 1))] for index in range(shown)]

    @property
    def stacks(self) -> list[Bar]:
        """Stacked bars: one for each model of each day."""
        return list(self._stacks())

    @property
    def paths(self) -> list[tuple[str, str]]:
        """The stacked bars of each colour as one SVG path: its CSS class and its outline.

        A year has more than a thousand bars, and a template takes long to write one element for each.
        """
        outlines: dict[str, list[str]] = defaultdict(list)
        for bar in self.stacks:
            outlines[bar.series].append(f"M{bar.x} {bar.y}h{bar.width}v{bar.height}h-{bar.width}z")
        return [(series, "".join(outline)) for series, outline in outlines.items()]

    @property
    def totals(self) -> list[Bar]:
        """One bar for each day, scaled to the day with the most credits."""
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
                    yield self._bar(index, below, height - SEGMENT_GAP, series)
                    below += height

    def _bar(self, index: int, below: float, height: float, series: str) -> Bar:
        step = WIDTH / len(self.days)
        height = max(1.0, height)
        x = step * (index + (1 - BAR_WIDTH_RATIO) / 2)
        return Bar(
            round(x, 2), round(HEIGHT - below - height, 2), round(step * BAR_WIDTH_RATIO, 2), round(height, 2), series
        )
