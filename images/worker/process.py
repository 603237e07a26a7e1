"""The worker process: runs jobs, delivers webhook events, renews leases, reconciles, and recovers from outages."""

import asyncio
import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from django.conf import settings
from procrastinate.contrib.django import app
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from images.webhooks.dispatcher import Dispatcher
from images.worker import attempts, heartbeat, reconciliation
from images.worker.attempts import Attempt
from images.worker.runner import GenerationRun
from infrastructure import cancellation, database
from infrastructure.observability import tracing
from infrastructure.postgresql import liveness

logger = logging.getLogger(__name__)

BLOCKING_THREADS = 32
RECONCILE_SECONDS = settings.LEASE_SECONDS / 3
POLLING_SECONDS = min(5.0, settings.LEASE_SECONDS / 3)
RESTART_PAUSE_SECONDS = 1.0
# When hundreds of images end at once, their jobs wait for one of these. A timeout makes the engine restart.
ENGINE_CONNECTIONS = 10
ENGINE_CONNECTION_TIMEOUT_SECONDS = 15.0
# How long the job engine waits for its jobs when it stops. The generation of an image continues without its job.
ENGINE_SHUTDOWN_SECONDS = 1.0


class Worker:
    """Runs jobs until it is stopped; then takes no more, finishes or releases those that run, and returns."""

    def __init__(self) -> None:
        self.held: set[Attempt] = set()
        self.generations: set[asyncio.Task[None]] = set()
        self.stopping = asyncio.Event()
        self.deliveries = Dispatcher()

    def stop(self) -> None:
        """Start to drain."""
        self.stopping.set()

    async def generate(self, image_id: uuid.UUID) -> None:
        """Generate an image in a task of its own, which outlives the job when the job engine restarts."""
        task = asyncio.create_task(GenerationRun(image_id, held=self.held, stopping=self.stopping).run())
        self.generations.add(task)
        task.add_done_callback(self.generations.discard)
        await asyncio.shield(task)

    async def run(self) -> None:
        """Run until stop is called and every generation has ended."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(BLOCKING_THREADS))
        tracing.start("get-images-worker")
        lease_renewal = asyncio.create_task(self._renew_leases())
        reconciler = asyncio.create_task(self._reconcile())
        delivery_poll = asyncio.create_task(self.deliveries.poll(POLLING_SECONDS))
        try:
            while not self.stopping.is_set():
                await self._run_engine_until_it_ends()
            if self.generations:
                logger.info("draining: %s images in progress", len(self.generations))
                await asyncio.wait(self.generations)
            await self.deliveries.drain()
        finally:
            await cancellation.cancel_and_wait(lease_renewal, reconciler, delivery_poll)
            await database.close()
            tracing.stop()

    async def _run_engine_until_it_ends(self) -> None:
        """Run the job engine until it ends by itself, as it does when it loses the database, or the worker stops."""
        engine = asyncio.create_task(self._run_engine())
        stop = asyncio.create_task(self.stopping.wait())
        await asyncio.wait({engine, stop}, return_when=asyncio.FIRST_COMPLETED)
        for outcome in await cancellation.cancel_and_wait(engine):
            if isinstance(outcome, Exception):
                logger.warning("the job engine stopped and is started again: %s", type(outcome).__name__)
        if not stop.done():
            stop.cancel()
            await asyncio.sleep(RESTART_PAUSE_SECONDS)

    async def _run_engine(self) -> None:
        pool = _engine_pool()
        try:
            await pool.open(wait=True)
            async with app.with_connector(PsycopgConnector()).open_async(pool) as opened:
                await opened.run_worker_async(
                    concurrency=settings.WORKER_CONCURRENCY,
                    additional_context={"worker": self},
                    fetch_job_polling_interval=POLLING_SECONDS,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=ENGINE_SHUTDOWN_SECONDS,
                    delete_jobs="always",
                    # By default, two visits to a thread around each job return connections that its tasks don't keep.
                    task_middleware=[],
                )
        finally:
            # Only this ends the pool's tasks: they ignore a cancellation while they connect, and the process with such
            # a task would never end.
            await pool.close()

    async def _renew_leases(self) -> None:
        while True:
            try:
                await heartbeat.record()
                if self.held:
                    await attempts.renew(self.held)
            except Exception as error:
                # The loop must go on after any error: without renewals other workers would claim every image here.
                logger.warning("leases not renewed: %s", type(error).__name__)
            await asyncio.sleep(attempts.LEASES.renewal_seconds)

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            try:
                if await heartbeat.record():
                    await database.run_blocking(reconciliation.reconcile)
            except Exception:
                # The next round repeats the work: every step is a transaction of its own.
                logger.exception("reconciling failed")


def _engine_pool() -> AsyncConnectionPool[Any]:
    # By default the engine's pool checks each connection with a statement and runs each statement in a transaction:
    # four statements in place of one.
    return AsyncConnectionPool(
        database.direct_url(),
        kwargs=database.connection_arguments(),
        min_size=1,
        max_size=ENGINE_CONNECTIONS,
        timeout=ENGINE_CONNECTION_TIMEOUT_SECONDS,
        reconnect_timeout=settings.DATABASE_RECONNECT_SECONDS,
        open=False,
        check=liveness.check_async,
        configure=_use_autocommit,
    )


async def _use_autocommit(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)
