"""How a worker makes one export: the lease is renewed here while a thread writes the ZIP."""

import asyncio
import logging
import tempfile
import threading
import uuid

from images.exports import archive, lifecycle
from infrastructure import cancellation, database

logger = logging.getLogger(__name__)


async def run(export_id: uuid.UUID) -> None:
    """Make an export, unless it is made or another worker is at it."""
    attempt = await database.run_blocking(lifecycle.claim, export_id)
    if attempt is None:
        return
    stop = threading.Event()
    keeping = asyncio.create_task(_keep_lease(attempt))
    try:
        await asyncio.shield(database.run_blocking(_write, attempt, stop))
    finally:
        # The engine stops jobs when the worker drains or has lost the database; the thread then ends by itself.
        stop.set()
        await cancellation.cancel_and_wait(keeping)
    await database.run_blocking(lifecycle.send_ready_email, export_id)


def _write(attempt: lifecycle.ExportAttempt, stop: threading.Event) -> None:
    try:
        with tempfile.TemporaryFile() as file:
            size = archive.write(attempt.user_id, file, given_up=stop.is_set)
            kept = lifecycle.store(attempt, file, size)
        logger.info("export %s: attempt %s %s", attempt.export_id, attempt.number, "kept" if kept else "lost its lease")
    except archive.ExportInterrupted:
        lifecycle.release(attempt)


async def _keep_lease(attempt: lifecycle.ExportAttempt) -> None:
    while True:
        await asyncio.sleep(lifecycle.RENEWAL_SECONDS)
        try:
            await database.run_blocking(lifecycle.renew, attempt)
        except Exception as error:
            # Whatever it was, the next round comes; without renewals the export would go to another worker.
            logger.warning("export %s: lease not renewed: %s", attempt.export_id, type(error).__name__)
