"""The figures of the overview. Each reads a period's rows through an index, or a table as small as the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, LiteralString, NamedTuple

from django.db import connection
from django.db.models import Count, Min, Q, Sum

from billing.models import CreditAccount, Purchase
from images.models import CatalogueModel, Image, WorkerHeartbeat
from images.statistics.spend import DailySpend, Period

MONEY: Final[LiteralString] = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day,
       COALESCE(sum(amount) FILTER (WHERE type = 'purchase'), 0)::bigint AS sold,
       COALESCE(-sum(amount) FILTER (WHERE type = 'generation'), 0)::bigint AS spent,
       COALESCE(sum(amount) FILTER (WHERE type = 'refund'), 0)::bigint AS refunded,
       COALESCE(sum(amount) FILTER (WHERE type IN ('grant', 'adjustment')), 0)::bigint AS granted
FROM billing_ledgerentry WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1 ORDER BY 1 DESC
"""

MODELS: Final[LiteralString] = """
SELECT model_id, COALESCE(thinking_level = 'deep', FALSE), count(*),
       COALESCE(sum(credit_cost) FILTER (WHERE status = 'succeeded'), 0)::bigint,
       count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'),
       count(*) FILTER (WHERE status = 'rejected')
FROM images_image WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1, 2 ORDER BY 4 DESC, 1
"""

PROVIDERS: Final[LiteralString] = """
SELECT provider_id, count(*), count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'rejected'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
           FILTER (WHERE status = 'succeeded'),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
           FILTER (WHERE status = 'succeeded')
FROM images_image WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1 ORDER BY 1
"""

SPENT: Final[LiteralString] = """
SELECT (created_at AT TIME ZONE 'UTC')::date, model_id, count(*), sum(credit_cost)::bigint
FROM images_image
WHERE created_at >= %(since)s AND created_at < %(until)s AND status IN ('queued', 'running', 'succeeded')
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Liability(NamedTuple):
    """Credits that users may still spend, what users owe, and how many accounts there are."""

    credits: int
    owed: int
    accounts: int


class DailyCredits(NamedTuple):
    """One day's credits: sold, spent, given back for images, and given by staff."""

    day: date
    sold: int
    spent: int
    refunded: int
    granted: int


class ModelFigures(NamedTuple):
    """What one model did, in one way of using it."""

    model_id: str
    is_deep: bool
    images: int
    credits: int
    succeeded: int
    failed: int
    rejected: int

    @property
    def failed_percent(self) -> Decimal:
        return _percent(self.failed, self.images)


class ProviderFigures(NamedTuple):
    """How a provider answered: images, those that failed or were declined, and seconds at the median and at 95 %."""

    provider_id: str
    images: int
    failed: int
    rejected: int
    median_seconds: float | None
    p95_seconds: float | None

    @property
    def failed_percent(self) -> Decimal:
        return _percent(self.failed, self.images)

    @property
    def rejected_percent(self) -> Decimal:
        return _percent(self.rejected, self.images)


@dataclass(frozen=True, slots=True)
class Margin:
    """What a model earned and cost, in US dollars; None where its cost is not known."""

    figures: ModelFigures
    earned: Decimal
    cost: Decimal | None

    @property
    def margin(self) -> Decimal | None:
        return None if self.cost is None else self.earned - self.cost


@dataclass(frozen=True, slots=True)
class CreditTotals:
    """A period's money, day by day and in all."""

    days: Sequence[DailyCredits]

    @property
    def sold(self) -> int:
        return sum(day.sold for day in self.days)

    @property
    def spent(self) -> int:
        return sum(day.spent for day in self.days)

    @property
    def refunded(self) -> int:
        return sum(day.refunded for day in self.days)


def liability() -> Liability:
    """Return what is outstanding."""
    totals = CreditAccount.objects.aggregate(
        credits=Sum("balance", default=0), owed=Sum("owed", default=0), accounts=Count("pk")
    )
    return Liability(totals["credits"], totals["owed"], totals["accounts"])


def credit_totals(period: Period) -> CreditTotals:
    """Return what was sold, spent and given back on each day."""
    return CreditTotals([DailyCredits(*row) for row in _rows(MONEY, period)])


def by_model(period: Period) -> list[ModelFigures]:
    """Return each model's images of the period, the one that earned the most first."""
    return [ModelFigures(*row) for row in _rows(MODELS, period)]


def by_provider(period: Period) -> list[ProviderFigures]:
    """Return how each provider answered in the period."""
    return [ProviderFigures(*row) for row in _rows(PROVIDERS, period)]


def spent_by_day(period: Period) -> list[DailySpend]:
    """Return what images of the period cost, by day and model, without those whose credits went back."""
    return [DailySpend(*row) for row in _rows(SPENT, period)]


def average_credit_price_cents() -> Decimal | None:
    """Return what a credit was sold for on average, in US cents; None before the first sale."""
    sales = Purchase.objects.filter(status=Purchase.Status.PAID).aggregate(
        cents=Sum("price_cents"), sold=Sum("credits")
    )
    return Decimal(sales["cents"]) / sales["sold"] if sales["sold"] else None


def margins(models: Sequence[ModelFigures], cents_each: Decimal | None) -> list[Margin]:
    """Return what each model earned at the average price of a credit, less what its provider took."""
    if cents_each is None:
        return []
    catalogue = CatalogueModel.objects.in_bulk()
    return [_margin(each, catalogue.get(each.model_id), cents_each) for each in models if each.succeeded]


def _margin(each: ModelFigures, model: CatalogueModel | None, cents_each: Decimal) -> Margin:
    cents = (model.deep_upstream_cost_cents if each.is_deep else model.upstream_cost_cents) if model else None
    return Margin(each, each.credits * cents_each / 100, None if cents is None else each.succeeded * cents / 100)


def queue_status() -> tuple[int, int, datetime | None, datetime | None]:
    """Return how many images are queued and running, since when the oldest waits, and a worker's last sign."""
    waiting = Image.objects.unfinished().aggregate(
        queued=Count("pk", filter=Q(status=Image.Status.QUEUED)),
        running=Count("pk", filter=Q(status=Image.Status.RUNNING)),
        oldest=Min("created_at"),
    )
    seen = WorkerHeartbeat.objects.values_list("beat_at", flat=True).first()
    return waiting["queued"], waiting["running"], waiting["oldest"], seen


def latest_failures(most: int) -> list[Image]:
    """Return the images that failed or were declined last."""
    failed = Image.objects.filter(status__in=[Image.Status.FAILED, Image.Status.REJECTED]).select_related("user")
    return list(failed.order_by("-finished_at")[:most])


def _percent(part: int, whole: int) -> Decimal:
    return Decimal(100 * part) / whole if whole else Decimal(0)


def _rows(statement: LiteralString, period: Period) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"since": period.since, "until": period.until})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
