"""What is counted, for Prometheus: each process counts its own, and the database's figures are read when asked for.

A web process shows its counts at /metrics; a worker does at a port of its own, where WORKER_METRICS_PORT names one.
"""

import ipaddress
from typing import Final

from django.conf import settings
from prometheus_client import Counter, Histogram

# From an answer out of memory to a picture that takes minutes.
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 720)

requests: Final = Counter("getimages_http_requests", "HTTP requests answered.", ["door", "route", "method", "status"])
request_seconds: Final = Histogram("getimages_http_request_seconds", "Time to answer.", ["door"], buckets=SECONDS)
tool_calls: Final = Counter("getimages_tool_calls", "Calls of MCP tools.", ["tool", "outcome"])
refused_keys: Final = Counter("getimages_refused_keys", "Requests without a good key, or over a limit.", ["code"])
provider_calls: Final = Counter("getimages_provider_calls", "Calls of model providers.", ["provider", "outcome"])
provider_seconds: Final = Histogram(
    "getimages_provider_call_seconds", "Time that a provider took.", ["provider"], buckets=SECONDS
)
images_ended: Final = Counter(
    "getimages_images_ended", "Images that came to an end, and attempts that lost theirs.", ["provider", "outcome"]
)
ledger_entries: Final = Counter("getimages_ledger_entries", "Changes of a balance.", ["type"])
webhooks: Final = Counter("getimages_payment_events", "What Stripe's webhook told.", ["outcome"])


def is_allowed_address(address: str | None) -> bool:
    """Tell whether somebody at this address may read them."""
    return address is not None and any(ipaddress.ip_address(address) in each for each in settings.METRICS_ALLOWED)
