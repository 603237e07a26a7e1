"""One attempt at an export: a thread writes the ZIP while the event loop renews the lease."""

import asyncio
import logging
import tempfile
import threading
import uuid

from images.exports import archive, lifecycle
from infrastructure import cancellation, database

logger = logging.getLogger(__name__)


async def run(export_id: uuid.UUID) -> None:
    """Create an export, unless it is finished or another attempt holds it."""
    attempt = await database.run_blocking(lifecycle.claim, export_id)
    if attempt is None:
        return
    stop = threading.Event()
    lease_renewal = asyncio.create_task(_renew_lease(attempt))
    try:
        await asyncio.shield(database.run_blocking(_write, attempt, stop))
    finally:
        # The engine cancels its jobs when the worker drains or loses the database; this ends the thread as well.
        stop.set()
        await cancellation.cancel_and_wait(lease_renewal)
    await database.run_blocking(lifecycle.send_ready_email, export_id)


def _write(attempt: lifecycle.ExportAttempt, stop: threading.Event) -> None:
    try:
        with tempfile.TemporaryFile() as file:
            size = archive.write(attempt.user_id, file, is_interrupted=stop.is_set)
            is_kept = lifecycle.store(attempt, file, size)
        outcome = "kept" if is_kept else "lost its lease"
        logger.info("export %s: attempt %s %s", attempt.export_id, attempt.number, outcome)
    except archive.ExportInterrupted:
        lifecycle.release(attempt)


async def _renew_lease(attempt: lifecycle.ExportAttempt) -> None:
    while True:
        await asyncio.sleep(lifecycle.LEASES.renewal_seconds)
        try:
            await lifecycle.renew(attempt)
        except Exception as error:
            # The loop must go on after any error: without renewals another worker would claim the export.
            logger.warning("export %s: lease not renewed: %s", attempt.export_id, type(error).__name__)
