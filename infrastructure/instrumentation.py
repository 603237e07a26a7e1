"""What every HTTP request to this process passes through: it is counted, measured, traced, and its answer hardened."""

import logging
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from opentelemetry.trace import SpanKind

from infrastructure import metrics, tracing

logger = logging.getLogger(__name__)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"})
# The API and the site write their own lines, with the name of the call or page; probes come every few seconds.
LOGGED_ENTRY_POINTS: Final = frozenset({"mcp"})
EntryPoint = Callable[[HTTPScope, ASGIReceiveCallable, ASGISendCallable], Awaitable[None]]

# What the door has found out about the request by now: its route, and whose it is.
_noted: ContextVar[dict[str, str] | None] = ContextVar("noted", default=None)

# What no page of ours needs, and what Django would not say on the doors that it does not see.
POLICY: Final = "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
SECURITY_HEADERS: Final[dict[bytes, bytes]] = {
    b"permissions-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
}


def annotate(**facts: object) -> None:
    """Tell what a door has found out about the present request: its `route`, and ids for the log."""
    noted = _noted.get()
    if noted is not None:
        noted.update({name: str(value) for name, value in facts.items() if value is not None})


async def instrument(
    name: str, door: EntryPoint, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Let a door answer a request, and keep count of it under the door's name."""
    begun, status, noted = time.perf_counter(), 0, dict[str, str]()
    _noted.set(noted)
    method = scope["method"] if scope["method"] in METHODS else "other"

    async def noting(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            message = {**message, "headers": with_security_headers(message["headers"])}
        await send(message)

    parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
    try:
        with tracing.span(f"{method} {name}", kind=SpanKind.SERVER, parent=parent, attributes={"door": name}):
            await door(scope, receive, noting)
    finally:
        seconds = time.perf_counter() - begun
        # A client that went away before its answer began was given none.
        metrics.requests.labels(name, noted.pop("route", ""), method, str(status or 499)).inc()
        metrics.request_seconds.labels(name).observe(seconds)
        if name in LOGGED_ENTRY_POINTS:
            logger.info("%s %s: %d in %.0f ms", method, name, status or 499, seconds * 1000, extra=noted)


def with_security_headers(headers: Any) -> list[tuple[bytes, bytes]]:
    """Return an answer's headers with those that make it safer, where it does not say otherwise itself."""
    lines = [(bytes(name), bytes(value)) for name, value in headers]
    said = {name.lower() for name, _ in lines}
    wanted = dict(SECURITY_HEADERS)
    if settings.SECURE_HSTS_SECONDS and settings.SITE_URL.startswith("https://"):
        wanted[b"strict-transport-security"] = b"max-age=%d; includeSubDomains; preload" % settings.SECURE_HSTS_SECONDS
    return [*lines, *((name, value) for name, value in wanted.items() if name not in said)]
