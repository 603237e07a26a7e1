"""The service's own health for the public status page: workers, storage, and each provider in the last 24 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, LiteralString

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from images.catalogue import availability
from images.failures import AccountDeleted, MaskRefused, SourceDeleted, SourcesRefused, StorageFull
from images.models import WORKER_MISSING_AFTER, CatalogueModel, WorkerHeartbeat
from images.storage import probe

PERIOD: Final = timedelta(hours=24)
# In the database, for all processes: the page costs one read of an index a minute, however often it is opened.
CACHE_KEY: Final = "service-status"
CACHE_SECONDS: Final = 60
# With fewer images, one failure would decide.
IMAGES_MIN: Final = 5
WORKING_MIN_PERCENT: Final = 90
# Failures for which the provider is not the reason.
OTHER_REASONS: Final = [
    error.code for error in (AccountDeleted, MaskRefused, SourceDeleted, SourcesRefused, StorageFull)
]

# Each part reads an index: images_figures_by_option, and images_failed_last for the few failures, whose code is in no
# index. Rejected prompts and cancelled images do not count towards a provider's health.
BY_PROVIDER: Final[LiteralString] = """
SELECT provider_id, sum(succeeded)::bigint, sum(failed)::bigint, max(median_seconds)
FROM (
    SELECT provider_id, count(*) AS succeeded, 0 AS failed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - created_at)) AS median_seconds
    FROM images_image WHERE created_at >= %(since)s AND status = 'succeeded' GROUP BY 1
    UNION ALL
    SELECT provider_id, 0, count(*), NULL
    FROM images_image WHERE finished_at >= %(since)s AND status = 'failed' AND error_code <> ALL(%(other_reasons)s)
    GROUP BY 1
) parts
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class ProviderHealth:
    """A provider's images of the last 24 hours, and the median seconds from request to picture."""

    provider_id: str
    is_available: bool
    succeeded: int = 0
    failed: int = 0
    median_seconds: float | None = None

    @property
    def has_data(self) -> bool:
        return self.succeeded + self.failed >= IMAGES_MIN

    @property
    def success_percent(self) -> float:
        """The percentage of images that succeeded, with one decimal, rounded down: 100 means all of them."""
        return 1000 * self.succeeded // max(1, self.succeeded + self.failed) / 10

    @property
    def is_working(self) -> bool:
        return self.is_available and (not self.has_data or self.success_percent >= WORKING_MIN_PERCENT)


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The health of the service at one moment."""

    checked_at: datetime
    has_worker: bool
    can_store: bool
    providers: Sequence[ProviderHealth]

    @property
    def is_working(self) -> bool:
        return self.has_worker and self.can_store and all(provider.is_working for provider in self.providers)


def current() -> ServiceStatus:
    """Return the status of the last minute."""
    status: ServiceStatus | None = cache.get(CACHE_KEY)
    if status is None:
        status = measure()
        cache.set(CACHE_KEY, status, CACHE_SECONDS)
    return status


def measure() -> ServiceStatus:
    """Return the status now. Providers are those of the enabled models, in the order of the catalogue."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(BY_PROVIDER, {"since": now - PERIOD, "other_reasons": OTHER_REASONS})
        figures = {provider_id: numbers for provider_id, *numbers in cursor.fetchall()}
    available: dict[str, bool] = {}
    for model in CatalogueModel.objects.with_prices().filter(enabled=True):
        known = available.get(model.provider_id, False)
        available[model.provider_id] = known or availability.is_available(model)
    return ServiceStatus(
        checked_at=now,
        has_worker=WorkerHeartbeat.objects.filter(beat_at__gte=now - WORKER_MISSING_AFTER).exists(),
        can_store=probe.is_writable(),
        providers=[
            ProviderHealth(provider_id, is_available, *figures.get(provider_id, ()))
            for provider_id, is_available in available.items()
        ],
    )
