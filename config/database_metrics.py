"""Prometheus gauges that are read from the database on each scrape and are the same in every web process."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from images.models import AuditRun
from images.statistics import operations


class DatabaseCollector(Collector):
    """Collect the gauges of the queue, the workers, the credits and the last audit."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        queued, running, oldest_at, worker_seen_at = operations.queue_status()
        unfinished = GaugeMetricFamily("getimages_unfinished_images", "Unfinished images by status.", labels=["status"])
        unfinished.add_metric(["queued"], queued)
        unfinished.add_metric(["running"], running)
        yield unfinished
        oldest = (now - oldest_at).total_seconds() if oldest_at else 0
        yield GaugeMetricFamily(
            "getimages_oldest_unfinished_seconds", "Age of the oldest unfinished image.", value=oldest
        )
        if worker_seen_at is not None:
            yield GaugeMetricFamily(
                "getimages_worker_seen_seconds",
                "Time since the last worker heartbeat.",
                value=(now - worker_seen_at).total_seconds(),
            )
        yield from _credits()
        yield from _audit()


def _credits() -> Iterator[Metric]:
    totals = operations.liability()
    yield GaugeMetricFamily("getimages_credits_outstanding", "Credits that users can still spend.", totals.credits)
    yield GaugeMetricFamily("getimages_credits_owed", "Clawed-back credits that had already been spent.", totals.owed)


def _audit() -> Iterator[Metric]:
    last = AuditRun.objects.order_by("-started_at", "-id").first()
    if last is None:
        return
    age = (timezone.now() - last.finished_at).total_seconds()
    yield GaugeMetricFamily("getimages_ledger_breaches", "Breaches found by the last audit.", last.breach_count)
    yield GaugeMetricFamily("getimages_ledger_audit_age_seconds", "Time since the last audit.", age)
