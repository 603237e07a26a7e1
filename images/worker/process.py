"""The worker process: takes jobs, keeps leases alive, looks after what others left, and comes back after outages."""

import asyncio
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.psycopg_connector import PsycopgConnector

from images.worker import attempts, reconciliation
from images.worker.runner import Attempts
from infrastructure import cancellation, database, tracing

logger = logging.getLogger(__name__)

BLOCKING_THREADS = 32
RECONCILE_SECONDS = settings.LEASE_SECONDS / 3
POLLING_SECONDS = min(5.0, settings.LEASE_SECONDS / 3)
RESTART_PAUSE_SECONDS = 1.0
# When hundreds of images end at once their jobs queue up for these; an engine that loses its patience starts anew.
ENGINE_CONNECTIONS = 10
ENGINE_CONNECTION_TIMEOUT_SECONDS = 15.0
# How long the job engine waits for its own side of a job when it stops. The image's making goes on without it.
ENGINE_SHUTDOWN_SECONDS = 1.0


class Worker:
    """Runs until stopped; then takes no more jobs, ends those under way or hands them back, and returns."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self.making: set[asyncio.Task[None]] = set()
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """Begin to drain."""
        self.stopping.set()
        self.attempts.draining.set()

    async def make(self, image_id: uuid.UUID) -> None:
        """Make an image in a task of its own, which outlives the job if the job engine has to be restarted."""
        task = asyncio.create_task(self.attempts.make(image_id))
        self.making.add(task)
        task.add_done_callback(self.making.discard)
        await asyncio.shield(task)

    async def run(self) -> None:
        """Work until stop is called and everything under way has ended."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS))
        tracing.start("get-images-worker")
        keeping = asyncio.create_task(self._keep_leases())
        reconciling = asyncio.create_task(self._reconcile())
        try:
            while not self.stopping.is_set():
                await self._run_engine()
            if self.making:
                logger.info("draining: %s images under way", len(self.making))
                await asyncio.wait(self.making)
        finally:
            await cancellation.cancel_and_wait(keeping, reconciling)
            await database.close()
            tracing.stop()

    async def _run_engine(self) -> None:
        """Run the job engine until it stops by itself (it does when it loses the database) or is to stop."""
        engine = asyncio.create_task(self._engine())
        stop = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({engine, stop}, return_when=asyncio.FIRST_COMPLETED)
        for outcome in await cancellation.cancel_and_wait(engine):
            if isinstance(outcome, Exception):
                logger.warning("the job engine stopped and is started again: %s", type(outcome).__name__)
        if not stop.done():
            stop.cancel()
            await asyncio.sleep(RESTART_PAUSE_SECONDS)

    async def _engine(self) -> None:
        connector = PsycopgConnector(
            conninfo=database.direct_url(),
            kwargs=database.connection_arguments(),
            min_size=1,
            max_size=ENGINE_CONNECTIONS,
            timeout=ENGINE_CONNECTION_TIMEOUT_SECONDS,
            reconnect_timeout=settings.DATABASE_RECONNECT_SECONDS,
        )
        async with app.with_connector(connector).open_async() as opened:
            await opened.run_worker_async(
                concurrency=settings.WORKER_CONCURRENCY,
                additional_context={"worker": self},
                fetch_job_polling_interval=POLLING_SECONDS,
                install_signal_handlers=False,
                shutdown_graceful_timeout=ENGINE_SHUTDOWN_SECONDS,
                delete_jobs="always",
            )

    async def _keep_leases(self) -> None:
        while True:
            try:
                await attempts.heartbeat()
                if self.attempts.held:
                    await attempts.renew(self.attempts.held)
            except Exception as error:
                # Whatever it was, the next round comes: without renewals every image here would go to others.
                logger.warning("leases not renewed: %s", type(error).__name__)
            await asyncio.sleep(attempts.RENEWAL_SECONDS)

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            try:
                if await attempts.heartbeat():
                    await database.run_blocking(reconciliation.reconcile)
            except Exception:
                # The next round comes in any case; one that failed has changed nothing by halves.
                logger.exception("reconciling failed")
