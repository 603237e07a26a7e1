"""The deliveries of one worker: each endpoint with due deliveries has a run that claims and sends them.

A job of the engine starts or wakes the run when an event is written. The run ends when nothing is due soon; `poll`
finds what is due later, and what killed workers left.
"""

import asyncio
import logging
import uuid
from typing import Final

from django.utils import timezone

from images.models import WebhookEndpoint
from images.webhooks import deliveries, tries
from images.webhooks.slots import FairSlots
from images.webhooks.tries import TryRequest
from infrastructure import cancellation, database
from infrastructure.observability import metrics

logger = logging.getLogger(__name__)

# The tries of this worker that run at the same time.
SLOTS: Final = 200
# A run stays for the first retry, which is due after a few seconds.
LINGER_SECONDS: Final = 15.0
# If other workers run all the tries that the endpoint may have at once, the run polls again after this time.
RECHECK_SECONDS: Final = 0.5


class Dispatcher:
    """The runs of one worker process, by endpoint."""

    def __init__(self) -> None:
        self.slots = FairSlots(SLOTS)
        self.tries: set[asyncio.Task[None]] = set()
        self._runs: dict[uuid.UUID, _EndpointRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self, endpoint_id: uuid.UUID) -> None:
        """Send what is due for an endpoint."""
        if self._stopping:
            return
        if run := self._runs.get(endpoint_id):
            run.changed.set()
            return
        run = self._runs[endpoint_id] = _EndpointRun(endpoint_id, self)
        task = asyncio.create_task(run.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self, endpoint_id: uuid.UUID) -> None:
        """Let the next `wake` start a new run."""
        self._runs.pop(endpoint_id, None)

    async def poll(self, interval_seconds: float) -> None:
        """Wake the runs of all endpoints with due deliveries, now and again after each interval, until cancelled."""
        while True:
            try:
                for endpoint_id in await database.run_blocking(deliveries.due_endpoints):
                    self.wake(endpoint_id)
            except Exception as error:
                # The database may be unavailable. The next round does the same.
                logger.warning("due webhook deliveries not read: %s", type(error).__name__)
            await asyncio.sleep(interval_seconds)

    async def drain(self) -> None:
        """Claim no more, and wait for the tries that are running, which takes one timeout at most."""
        self._stopping = True
        await cancellation.cancel_and_wait(*self._tasks)
        if self.tries:
            await asyncio.wait(self.tries)


class _EndpointRun:
    """Sends the due deliveries of one endpoint."""

    def __init__(self, endpoint_id: uuid.UUID, dispatcher: Dispatcher) -> None:
        self.endpoint_id = endpoint_id
        self.dispatcher = dispatcher
        # Set when there may be something to claim.
        self.changed = asyncio.Event()
        self.running = 0

    async def run(self) -> None:
        try:
            owner_id = await database.run_blocking(_owner_id, self.endpoint_id)
            while await self._send_due(owner_id):
                pass
        except Exception as error:
            # The endpoint is polled again.
            logger.warning("webhook %s: deliveries interrupted: %s", self.endpoint_id, type(error).__name__)
        finally:
            self.dispatcher.forget(self.endpoint_id)

    async def _send_due(self, owner_id: uuid.UUID) -> bool:
        """Start the tries that can be started, then wait for a change; return False if there is nothing to wait for."""
        self.changed.clear()
        while await self._start_try(owner_id):
            pass
        due_at = await database.run_blocking(deliveries.next_due_at, self.endpoint_id)
        seconds = (due_at - timezone.now()).total_seconds() if due_at else None
        if self.running == 0 and (seconds is None or seconds > LINGER_SECONDS):
            return self.changed.is_set()
        try:
            async with asyncio.timeout(max(seconds, RECHECK_SECONDS) if seconds is not None else None):
                await self.changed.wait()
        except TimeoutError:
            return True
        return True

    async def _start_try(self, owner_id: uuid.UUID) -> bool:
        slots = self.dispatcher.slots
        await slots.acquire(owner_id)
        request = None
        try:
            request = await database.run_blocking(deliveries.claim_next, self.endpoint_id)
        finally:
            if request is None:
                slots.release(owner_id)
        if request is None:
            return False
        self.running += 1
        task = asyncio.create_task(self._try(request, owner_id))
        self.dispatcher.tries.add(task)
        task.add_done_callback(self.dispatcher.tries.discard)
        return True

    async def _try(self, request: TryRequest, owner_id: uuid.UUID) -> None:
        try:
            result = await tries.send(request)
            metrics.webhook_tries.labels(result.outcome).inc()
            metrics.webhook_try_seconds.observe(result.seconds)
            await database.run_blocking(deliveries.record, request, result)
            logger.info("webhook delivery %s: try %s %s", request.delivery_id, request.number, result.outcome)
        except Exception as error:
            # The delivery is sent again after its lease.
            logger.warning("webhook delivery %s: result not stored: %s", request.delivery_id, type(error).__name__)
        finally:
            self.running -= 1
            self.dispatcher.slots.release(owner_id)
            self.changed.set()


def _owner_id(endpoint_id: uuid.UUID) -> uuid.UUID:
    """Return the user whose share of the slots the endpoint uses."""
    owner_id = WebhookEndpoint.objects.filter(pk=endpoint_id).values_list("user_id", flat=True).first()
    return owner_id or endpoint_id
