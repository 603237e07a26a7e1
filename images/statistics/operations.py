"""Figures of the staff overview and of the metrics.

Each query reads the rows of a period through an index, or a table with one row per account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, LiteralString, NamedTuple

from django.db import connection
from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from billing.models import CreditAccount, Purchase
from images.catalogue.options import DEFAULT_RESOLUTION
from images.models import WORKER_MISSING_AFTER, Image, WorkerHeartbeat
from images.statistics.spend import DailySpend, Period

# Refunds count on the day of the refund here, unlike in SPEND_BY_DAY, because these are the sums of the ledger.
CREDITS_BY_DAY: Final[LiteralString] = """
SELECT (created_at AT TIME ZONE 'UTC')::date AS day,
       COALESCE(sum(amount) FILTER (WHERE type = 'purchase'), 0)::bigint AS sold,
       COALESCE(sum(amount) FILTER (WHERE type = 'grant'), 0)::bigint AS granted,
       COALESCE(-sum(amount) FILTER (WHERE type = 'generation'), 0)::bigint AS charged,
       COALESCE(sum(amount) FILTER (WHERE type = 'refund'), 0)::bigint AS refunded,
       COALESCE(sum(amount) FILTER (WHERE type IN ('adjustment', 'chargeback')), 0)::bigint AS corrected
FROM billing_ledgerentry WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1 ORDER BY 1 DESC
"""

# The cost is that of succeeded images, as the credits are. It is null if the cost of any combination is unknown. Images
# of earlier releases have no quality and resolution, and cost what the model's default combination costs.
BY_MODEL: Final[LiteralString] = """
WITH figures AS (
    SELECT model_id, quality, resolution, thinking_level, count(*) AS images,
           COALESCE(sum(credit_cost) FILTER (WHERE status = 'succeeded'), 0)::bigint AS credits,
           count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           count(*) FILTER (WHERE status = 'rejected') AS rejected
    FROM images_image WHERE created_at >= %(since)s AND created_at < %(until)s
    GROUP BY 1, 2, 3, 4
), costs AS (
    SELECT f.*, CASE WHEN f.succeeded = 0 THEN 0 ELSE f.succeeded * p.upstream_cost_cents END AS cost_cents
    FROM figures f
    LEFT JOIN images_imagemodel m ON m.model_id = f.model_id
    LEFT JOIN images_modelprice p ON p.model_id = f.model_id
        AND p.thinking_level IS NOT DISTINCT FROM f.thinking_level
        AND (p.quality = COALESCE(f.quality, m.default_quality) OR p.quality IS NULL)
        AND (p.resolution = COALESCE(f.resolution, %(resolution)s) OR p.resolution IS NULL)
)
SELECT model_id, COALESCE(thinking_level = 'deep', FALSE), sum(images)::bigint, sum(credits)::bigint,
       sum(succeeded)::bigint, sum(failed)::bigint, sum(rejected)::bigint,
       CASE WHEN count(*) = count(cost_cents) THEN sum(cost_cents) END
FROM costs GROUP BY 1, 2 ORDER BY 4 DESC, 1
"""

BY_PROVIDER: Final[LiteralString] = """
SELECT provider_id, count(*), count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'rejected'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
           FILTER (WHERE status = 'succeeded'),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at))
           FILTER (WHERE status = 'succeeded')
FROM images_image WHERE created_at >= %(since)s AND created_at < %(until)s
GROUP BY 1 ORDER BY 1
"""

# Unfinished images count: they are charged, and a failure removes them.
SPEND_BY_DAY: Final[LiteralString] = """
SELECT (created_at AT TIME ZONE 'UTC')::date, model_id, count(*), sum(credit_cost)::bigint
FROM images_image
WHERE created_at >= %(since)s AND created_at < %(until)s AND status IN ('queued', 'running', 'succeeded')
GROUP BY 1, 2 ORDER BY 1, 2
"""


class Liability(NamedTuple):
    """Credits that users can still spend, credits that users owe, and the number of accounts."""

    credits: int
    owed: int
    accounts: int


class DailyCredits(NamedTuple):
    """One day's credits: sold, granted free, charged and refunded for images, and adjusted or clawed back."""

    day: date
    sold: int
    granted: int
    charged: int
    refunded: int
    corrected: int

    @property
    def spent(self) -> int:
        """Credits charged, less those refunded on the same day, which may be for images of an earlier day."""
        return self.charged - self.refunded


class ModelFigures(NamedTuple):
    """Counts of one model's images, either with deep thinking or without; credits are those of succeeded images."""

    model_id: str
    is_deep: bool
    images: int
    credits: int
    succeeded: int
    failed: int
    rejected: int
    # The upstream cost of the succeeded images in US cents; None if it is unknown.
    cost_cents: Decimal | None

    @property
    def failed_percent(self) -> Decimal:
        return _percent(self.failed, self.images)


class ProviderFigures(NamedTuple):
    """Counts of a provider's images, and seconds from request to end of those that succeeded."""

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
    """The value of the credits spent on a model, its upstream cost and the difference, in US dollars.

    The value counts every credit at the average price of a sold one, free credits too: an image's credits are not
    marked as sold or free. Cost and margin are None if the model's cost is not in the catalogue.
    """

    figures: ModelFigures
    value: Decimal
    cost: Decimal | None

    @property
    def margin(self) -> Decimal | None:
        return None if self.cost is None else self.value - self.cost


@dataclass(frozen=True, slots=True)
class CreditTotals:
    """The credits of a period: by day, and their totals."""

    days: Sequence[DailyCredits]

    @property
    def sold(self) -> int:
        return sum(day.sold for day in self.days)

    @property
    def granted(self) -> int:
        return sum(day.granted for day in self.days)

    @property
    def charged(self) -> int:
        return sum(day.charged for day in self.days)

    @property
    def spent(self) -> int:
        return self.charged - self.refunded

    @property
    def refunded(self) -> int:
        return sum(day.refunded for day in self.days)


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Numbers of unfinished images, when the oldest of them was requested, and the workers' latest heartbeat."""

    queued: int
    running: int
    oldest_created_at: datetime | None
    worker_seen_at: datetime | None

    @property
    def worker_is_missing(self) -> bool:
        return self.worker_seen_at is None or self.worker_seen_at < timezone.now() - WORKER_MISSING_AFTER


def liability() -> Liability:
    """Return the outstanding credits of the accounts of users; an account is kept when its user is deleted."""
    totals = CreditAccount.objects.filter(user__isnull=False).aggregate(
        credits=Sum("balance", default=0), owed=Sum("owed", default=0), accounts=Count("pk")
    )
    return Liability(totals["credits"], totals["owed"], totals["accounts"])


def credit_totals(period: Period) -> CreditTotals:
    """Return the credits of each day with ledger entries, newest first."""
    return CreditTotals([DailyCredits(*row) for row in _rows(CREDITS_BY_DAY, period)])


def by_model(period: Period) -> list[ModelFigures]:
    """Return the period's figures of each model, ordered by credits, highest first."""
    return [ModelFigures(*row) for row in _rows(BY_MODEL, period)]


def by_provider(period: Period) -> list[ProviderFigures]:
    """Return the period's figures of each provider."""
    return [ProviderFigures(*row) for row in _rows(BY_PROVIDER, period)]


def spent_by_day(period: Period) -> list[DailySpend]:
    """Return the period's spending by day and model, without failed, rejected and cancelled images."""
    return [DailySpend(*row) for row in _rows(SPEND_BY_DAY, period)]


def average_credit_price_cents() -> Decimal | None:
    """Return the average price of a sold credit in US cents; None before the first sale."""
    sales = Purchase.objects.filter(status=Purchase.Status.PAID).aggregate(
        cents=Sum("price_cents"), sold=Sum("credits")
    )
    return Decimal(sales["cents"]) / sales["sold"] if sales["sold"] else None


def margins(models: Sequence[ModelFigures], credit_price_cents: Decimal | None) -> list[Margin]:
    """Return the value of each model's credits at this price, less its upstream cost; empty without a price."""
    if credit_price_cents is None:
        return []
    return [_margin(figures, credit_price_cents) for figures in models if figures.succeeded]


def _margin(figures: ModelFigures, credit_price_cents: Decimal) -> Margin:
    cost = None if figures.cost_cents is None else figures.cost_cents / 100
    return Margin(figures, figures.credits * credit_price_cents / 100, cost)


def queue_status() -> QueueStatus:
    """Return the state of the queue and of the workers."""
    unfinished = Image.objects.unfinished().aggregate(
        queued=Count("pk", filter=Q(status=Image.Status.QUEUED)),
        running=Count("pk", filter=Q(status=Image.Status.RUNNING)),
        oldest_created_at=Min("created_at"),
    )
    return QueueStatus(**unfinished, worker_seen_at=WorkerHeartbeat.objects.values_list("beat_at", flat=True).first())


def latest_failures(limit: int) -> list[Image]:
    """Return the images that failed or were rejected most recently."""
    failed = Image.objects.filter(status__in=[Image.Status.FAILED, Image.Status.REJECTED]).select_related("user")
    return list(failed.order_by("-finished_at")[:limit])


def _percent(part: int, whole: int) -> Decimal:
    return Decimal(100 * part) / whole if whole else Decimal(0)


def _rows(statement: LiteralString, period: Period) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"since": period.since, "until": period.until, "resolution": DEFAULT_RESOLUTION})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
