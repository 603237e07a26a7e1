"""Figures that the database knows, read when Prometheus asks: the same whichever web process answers."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from images.models import AuditRun
from images.statistics import operations


class DatabaseCollector(Collector):
    """Queue, workers, credits and the last audit."""

    def collect(self) -> Iterator[Metric]:
        now = timezone.now()
        queued, running, oldest_at, seen = operations.queue_status()
        unfinished = GaugeMetricFamily("getimages_unfinished_images", "Images under way.", labels=["status"])
        unfinished.add_metric(["queued"], queued)
        unfinished.add_metric(["running"], running)
        yield unfinished
        oldest = (now - oldest_at).total_seconds() if oldest_at else 0
        yield GaugeMetricFamily("getimages_oldest_unfinished_seconds", "Age of the oldest of them.", value=oldest)
        if seen is not None:
            yield GaugeMetricFamily(
                "getimages_worker_seen_seconds", "Since a worker was last seen.", value=(now - seen).total_seconds()
            )
        yield from _credits()
        yield from _audit()


def _credits() -> Iterator[Metric]:
    totals = operations.liability()
    yield GaugeMetricFamily("getimages_credits_outstanding", "Credits that may still be spent.", totals.credits)
    yield GaugeMetricFamily("getimages_credits_owed", "Credits taken back that were spent.", totals.owed)


def _audit() -> Iterator[Metric]:
    last = AuditRun.objects.order_by("-started_at", "-id").first()
    if last is None:
        return
    age = (timezone.now() - last.finished_at).total_seconds()
    yield GaugeMetricFamily("getimages_ledger_breaches", "What the last audit found.", last.breach_count)
    yield GaugeMetricFamily("getimages_ledger_audit_age_seconds", "Since the last audit.", age)
