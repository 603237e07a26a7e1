"""Prometheus counters and histograms. Each process counts for itself.

A web process exposes its metrics at /metrics, a worker on the port set by WORKER_METRICS_PORT. Gauges that are read
from the database are in config/database_metrics.py.
"""

import ipaddress
from typing import Final

from django.conf import settings
from prometheus_client import Counter, Histogram

# Covers everything from a response served from memory to an image that takes minutes.
BUCKETS_IN_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 720)

requests: Final = Counter("getimages_http_requests", "HTTP requests.", ["door", "route", "method", "status"])
request_seconds: Final = Histogram(
    "getimages_http_request_seconds", "Time until the response is sent.", ["door"], buckets=BUCKETS_IN_SECONDS
)
tool_calls: Final = Counter("getimages_tool_calls", "MCP tool calls.", ["tool", "outcome"])
refused_keys: Final = Counter("getimages_refused_keys", "Requests with an invalid API key or over a limit.", ["code"])
provider_calls: Final = Counter("getimages_provider_calls", "Calls to model providers.", ["provider", "outcome"])
provider_seconds: Final = Histogram(
    "getimages_provider_call_seconds", "Duration of a call to a provider.", ["provider"], buckets=BUCKETS_IN_SECONDS
)
images_ended: Final = Counter(
    "getimages_images_ended", "Finished images, and attempts that lost their lease.", ["provider", "outcome"]
)
ledger_entries: Final = Counter("getimages_ledger_entries", "Ledger entries by type.", ["type"])
webhooks: Final = Counter("getimages_payment_events", "Stripe webhook events by outcome.", ["outcome"])
webhook_tries: Final = Counter("getimages_webhook_tries", "Tries to deliver a webhook event.", ["outcome"])
webhook_try_seconds: Final = Histogram(
    "getimages_webhook_try_seconds", "Duration of a try to deliver a webhook event.", buckets=BUCKETS_IN_SECONDS
)


def is_allowed_address(address: str | None) -> bool:
    """Return whether a client at this address may read the metrics."""
    return address is not None and any(ipaddress.ip_address(address) in network for network in settings.METRICS_ALLOWED)
