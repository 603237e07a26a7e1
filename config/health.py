"""What machines ask a web process: whether it lives, whether it should be sent requests, and what it has counted.

Answered before Django, so that neither host names nor redirects to https stand in a probe's way.
"""

import asyncio
import json
import logging
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
from images.storage import files
from infrastructure import database, metrics
from infrastructure.client_address import client_address
from infrastructure.tracebacks import redacted

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
CHECK_TIMEOUT_SECONDS: Final = 5
# What storage is asked for: that it answers is what counts, and not that there is such a file.
PROBE: Final = "readyz"
JSON: Final = "application/json"

_figures = CollectorRegistry()
_figures.register(DatabaseCollector())
_migrated = False
_under_way: dict[str, asyncio.Task[Any]] = {}


class NotReady(Exception):
    """A check found what keeps this process from answering as it should; its words say what."""


async def application(scope: HTTPScope, _receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer one probe."""
    if scope["path"] == "/healthz":
        await _send(send, 200, {"status": "alive"})
    elif scope["path"] == "/readyz":
        await _send(send, *await readiness())
    elif _may_see_metrics(scope):
        await _send(send, 200, generate_latest() + await _database_figures(), CONTENT_TYPE_LATEST)
    else:
        await _send(send, 404, {"status": "not found"})


async def readiness() -> tuple[int, Mapping[str, Any]]:
    """Return 200 or 503, and what each check says. A missing worker is named, and takes nobody out."""
    *said, worker = await asyncio.gather(*(_outcome(*each) for each in (*CHECKS.items(), ("worker", _check_worker))))
    checks = dict(zip(CHECKS, said, strict=True)) | {"worker": worker}
    ready = set(said) == {"ok"} and not listener().closing
    status = "ready" if ready else "stopping" if listener().closing else "not ready"
    return 200 if ready else 503, {"status": status, "checks": checks}


async def _outcome(name: str, check: Callable[[], None]) -> str:
    try:
        await _once(name, check)
    except NotReady as problem:
        return str(problem)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_SECONDS} s"
    except Exception as error:
        return type(error).__name__
    return "ok"


async def _database_figures() -> bytes:
    """Return what the database knows; nothing while it does not answer, when what this process counted matters most."""
    try:
        return await _once("figures", partial(generate_latest, _figures))
    except Exception as error:
        logger.error("the database gives no figures: %s", redacted(error))  # noqa: TRY400
        return b""


async def _once(name: str, function: Callable[[], Result]) -> Result:
    """Do blocking work, or wait for its being done already: however often anybody asks, it takes one thread.

    A storage that hangs would otherwise hold one for each probe, until there is none for a page.

    Raises:
        TimeoutError: It is not done within CHECK_TIMEOUT_SECONDS. It goes on, and the next one to ask waits for it.
    """
    task = _under_way.get(name)
    if task is None or task.done() or task.get_loop() is not asyncio.get_running_loop():
        task = _under_way[name] = asyncio.create_task(database.run_blocking(function))
        # Nobody may be waiting any more when it fails.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
    async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
        result: Result = await asyncio.shield(task)
    return result


def _check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _check_migrations() -> None:
    """Compare what was migrated with what this code knows; once they agree they do for as long as it runs."""
    global _migrated  # noqa: PLW0603
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReady(f"{len(missing)} migrations are missing: run manage.py migrate")
    _migrated = True


def _check_storage() -> None:
    files.backend().exists(PROBE)


def _check_worker() -> None:
    seen = WorkerHeartbeat.objects.values_list("beat_at", flat=True).first()
    age = timezone.now() - seen if seen else None
    if age is None or age > WORKER_MISSING_AFTER:
        raise NotReady("none has ever been seen" if age is None else f"not seen for {age.total_seconds():.0f} s")


CHECKS: Final[Mapping[str, Callable[[], None]]] = {
    "database": _check_database,
    "migrations": _check_migrations,
    "storage": _check_storage,
}


def _may_see_metrics(scope: HTTPScope) -> bool:
    client = scope.get("client")
    # A proxy may add a line of its own instead of to the client's.
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    address = client_address(client[0] if client else None, forwarded, trusted_proxies=settings.TRUSTED_PROXIES)
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
