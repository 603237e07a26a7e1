"""The endpoints /healthz (liveness), /readyz (readiness) and /metrics of a web process.

They run outside Django, so that ALLOWED_HOSTS and the redirect to HTTPS do not affect probes.
"""

import asyncio
import json
import logging
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from config.database_metrics import DatabaseCollector
from images.listener import listener
from images.models import WORKER_MISSING_AFTER, WorkerHeartbeat
from images.storage import probe
from infrastructure import database
from infrastructure.http.client_address import client_address
from infrastructure.observability import metrics
from infrastructure.observability.tracebacks import redacted

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
CHECK_TIMEOUT_SECONDS: Final = 5
JSON: Final = "application/json"

_database_registry = CollectorRegistry()
_database_registry.register(DatabaseCollector())
_migrations_applied = False
_running_tasks: dict[str, asyncio.Task[Any]] = {}


class NotReady(Exception):
    """A failed readiness check. The message is part of the response."""


async def application(scope: HTTPScope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Respond to one probe or scrape."""
    if scope["path"] == "/healthz":
        await _send(send, 200, {"status": "alive"})
    elif scope["path"] == "/readyz":
        await _send(send, *await readiness())
    elif _may_read_metrics(scope):
        await _send(send, 200, generate_latest() + await _database_metrics(), CONTENT_TYPE_LATEST)
    else:
        await _send(send, 404, {"status": "not found"})


async def readiness() -> tuple[int, Mapping[str, Any]]:
    """Return the status (200 or 503) and the body of /readyz with the result of each check.

    A missing worker is reported, but the process stays ready: it can still accept requests.
    """
    checks = [*CHECKS.items(), ("worker", _check_worker)]
    *results, worker = await asyncio.gather(*(_check_result(name, check) for name, check in checks))
    ready = set(results) == {"ok"} and not listener().closing
    status = "ready" if ready else "stopping" if listener().closing else "not ready"
    return 200 if ready else 503, {
        "status": status,
        "checks": {**dict(zip(CHECKS, results, strict=True)), "worker": worker},
    }


async def _check_result(name: str, check: Callable[[], None]) -> str:
    try:
        await _run_shared(name, check)
    except NotReady as problem:
        return str(problem)
    except TimeoutError:
        return f"no response within {CHECK_TIMEOUT_SECONDS} s"
    except Exception as error:
        return type(error).__name__
    return "ok"


async def _database_metrics() -> bytes:
    """Return the gauges from the database; nothing if it fails, so that the process's own counters stay available."""
    try:
        return await _run_shared("metrics", partial(generate_latest, _database_registry))
    except Exception as error:
        logger.error("cannot read metrics from the database: %s", redacted(error))  # noqa: TRY400
        return b""


async def _run_shared(name: str, function: Callable[[], Result]) -> Result:
    """Run a blocking function in a thread, or wait for the call that is already running under this name.

    Each name uses at most one thread. Otherwise, while storage hangs, every probe would occupy another thread until
    none is left for pages.

    Raises:
        TimeoutError: The call takes longer than CHECK_TIMEOUT_SECONDS. It continues, and the next caller waits for it.
    """
    task = _running_tasks.get(name)
    if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
        task = _running_tasks[name] = asyncio.create_task(database.run_blocking(function))
        # Retrieve the exception even if every caller has timed out; otherwise asyncio logs a warning.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
        result: Result = await asyncio.shield(task)
    return result


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_migrations() -> None:
    """Check that all migrations are applied. The result is kept once it is positive."""
    global _migrations_applied  # noqa: PLW0603
    if _migrations_applied:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReady(f"{len(missing)} migrations are missing: run manage.py migrate")
    _migrations_applied = True


def _check_storage() -> None:
    try:
        probe.write_and_remove()
    except OSError as error:
        if not error.errno:
            raise
        raise NotReady(f"write failed: {os.strerror(error.errno)}") from error


def _check_worker() -> None:
    seen_at = WorkerHeartbeat.objects.values_list("beat_at", flat=True).first()
    age = timezone.now() - seen_at if seen_at else None
    if age is None or age > WORKER_MISSING_AFTER:
        raise NotReady("no heartbeat received" if age is None else f"last heartbeat {age.total_seconds():.0f} s ago")


CHECKS: Final[Mapping[str, Callable[[], None]]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "storage": _check_storage,
}


def _may_read_metrics(scope: HTTPScope) -> bool:
    client = scope.get("client")
    # A proxy may add a separate header instead of extending the existing one.
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    # A forwarded request must be allowed by the address that the proxies recorded, not by the proxy's own.
    peer = client[0] if client and not (forwarded and settings.TRUSTED_PROXIES) else None
    address = client_address(peer, forwarded, trusted_proxies=settings.TRUSTED_PROXIES)
    return metrics.is_allowed_address(address)


async def _send(send: ASGISendCallable, status: int, content: Any, media_type: str = JSON) -> None:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    headers = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
