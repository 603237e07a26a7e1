"""Metrics, traces, log lines and security headers for every HTTP request of a web process."""

import logging
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from opentelemetry.trace import SpanKind

from infrastructure.observability import metrics, tracing

logger = logging.getLogger(__name__)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})
# The API and the site log their own lines with the name of the call or page. Probes arrive every few seconds and are
# not logged.
LOGGED_ENTRY_POINTS: Final = frozenset({"mcp"})
# nginx's status for a client that closed the connection before the response started.
CLIENT_CLOSED_REQUEST: Final = 499
EntryPoint = Callable[[HTTPScope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

# What the entry point adds while it handles the request: its route, and ids for the log.
_request_fields: ContextVar[dict[str, str] | None] = ContextVar("request_fields", default=None)

# Django sets some of these headers only on its own responses; MCP and the health endpoints run outside Django.
POLICY: Final = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
SECURITY_HEADERS: Final[dict[bytes, bytes]] = {
    b"permissions-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


def annotate(**fields: object) -> None:
    """Attach fields to the current request: its `route` for the metrics, and ids for the log. None is ignored."""
    request_fields = _request_fields.get()
    if request_fields is not None:
        request_fields.update({name: str(value) for name, value in fields.items() if value is not None})


async def instrument(
    name: str, entry_point: EntryPoint, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Run an entry point for one request, and record the request under the entry point's name."""
    started_at, status, request_fields = time.perf_counter(), 0, dict[str, str]()
    _request_fields.set(request_fields)
    method = scope["method"] if scope["method"] in METHODS else "other"

    async def send_and_record(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message = {**message, "headers": with_security_headers(message["headers"])}
        await send(message)

    parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
    try:
        with tracing.span(f"{method} {name}", kind=SpanKind.SERVER, parent=parent, attributes={"door": name}):
            await entry_point(scope, receive, send_and_record)
    finally:
        seconds = time.perf_counter() - started_at
        status = status or CLIENT_CLOSED_REQUEST
        metrics.requests.labels(name, request_fields.pop("route", ""), method, str(status)).inc()
        metrics.request_seconds.labels(name).observe(seconds)
        if name in LOGGED_ENTRY_POINTS:
            logger.info("%s %s: %d in %.0f ms", method, name, status, seconds * 1000, extra=request_fields)


def with_security_headers(headers: Any) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response, with a default for each security header that it does not set itself."""
    lines = [(bytes(name), bytes(value)) for name, value in headers]
    present = {name.lower() for name, _ in lines}
    defaults = dict(SECURITY_HEADERS)
    if settings.SECURE_HSTS_SECONDS and settings.SITE_URL.startswith("https://"):
        max_age = settings.SECURE_HSTS_SECONDS
        defaults[b"strict-transport-security"] = b"max-age=%d; includeSubDomains; preload" % max_age
    return [*lines, *((name, value) for name, value in defaults.items() if name not in present)]
