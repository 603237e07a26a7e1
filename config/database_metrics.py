"""Prometheus metrics read from the database on each scrape, with the same values in every web process."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from images.models import AuditRun
from images.statistics import operations
from images.webhooks import deliveries


class DatabaseCollector(Collector):
    """Metrics of the queue, the workers, webhooks, outstanding credits and the latest audit."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics; those without a value yet are omitted."""
        yield from _queue()
        yield from _credits()
        yield from _webhooks()
        yield from _audit()


def _queue() -> Iterator[Metric]:
    queue = operations.queue_status()
    unfinished = GaugeMetricFamily("getimages_unfinished_images", "Images that are not final.", labels=["status"])
    unfinished.add_metric(["queued"], queue.queued)
    unfinished.add_metric(["running"], queue.running)
    yield unfinished
    now = timezone.now()
    age = (now - queue.oldest_created_at).total_seconds() if queue.oldest_created_at else 0
    yield GaugeMetricFamily("getimages_oldest_unfinished_seconds", "Age of the oldest unfinished image.", value=age)
    if queue.worker_seen_at is not None:
        seen = (now - queue.worker_seen_at).total_seconds()
        yield GaugeMetricFamily("getimages_worker_seen_seconds", "Time since the last worker heartbeat.", value=seen)


def _webhooks() -> Iterator[Metric]:
    backlog = deliveries.backlog()
    yield GaugeMetricFamily("getimages_webhook_deliveries_due", "Webhook deliveries that are due.", backlog.due)
    age = (timezone.now() - backlog.oldest_due_at).total_seconds() if backlog.oldest_due_at else 0
    yield GaugeMetricFamily("getimages_oldest_due_delivery_seconds", "Time since the oldest became due.", value=age)


def _credits() -> Iterator[Metric]:
    totals = operations.liability()
    yield GaugeMetricFamily("getimages_credits_outstanding", "Credits that users can still spend.", totals.credits)
    yield GaugeMetricFamily("getimages_credits_owed", "Credits of refunded payments that users owe.", totals.owed)


def _audit() -> Iterator[Metric]:
    latest = AuditRun.objects.order_by("-started_at", "-id").first()
    if latest is None:
        return
    age = (timezone.now() - latest.finished_at).total_seconds()
    yield GaugeMetricFamily("getimages_ledger_breaches", "Breaches found by the latest audit.", latest.breach_count)
    yield GaugeMetricFamily("getimages_ledger_audit_age_seconds", "Time since the latest audit.", age)
