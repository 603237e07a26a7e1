"""One connection per process that hears of changed images, and wakes whoever waits for one.

PostgreSQL sends the ids of changed images (NOTIFY, by a trigger). A lost notification costs a waiter a few seconds
and nothing else: the row is read again every RECHECK_SECONDS.
"""

import asyncio
import contextlib
import logging
import uuid
import weakref
from collections import defaultdict
from collections.abc import Iterator

import psycopg

from config import database

logger = logging.getLogger(__name__)

CHANNEL = "image_changed"
RECONNECT_PAUSE_SECONDS = 1.0


class Listener:
    """Hears of changes on one event loop, from the first one who waits until the loop ends."""

    def __init__(self) -> None:
        self._waiting: defaultdict[uuid.UUID, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @contextlib.contextmanager
    def watching(self, image_id: uuid.UUID) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the image changes, for as long as the block lasts."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="listener")
        changed = asyncio.Event()
        self._waiting[image_id].add(changed)
        try:
            yield changed
        finally:
            self._waiting[image_id].discard(changed)
            if not self._waiting[image_id]:
                del self._waiting[image_id]

    def wake_all(self) -> None:
        """Let every waiter look at its row again."""
        for events in self._waiting.values():
            for event in events:
                event.set()

    def end_waits(self) -> None:
        """Let every waiter return with what there is: the process is about to stop."""
        self.closing = True
        self.wake_all()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_until_lost()
            except (psycopg.Error, OSError) as error:
                logger.warning("listening for images interrupted: %s", type(error).__name__)
            await asyncio.sleep(RECONNECT_PAUSE_SECONDS)

    async def _listen_until_lost(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            database.direct_url(), autocommit=True, **database.connection_arguments()
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            # What changed before this moment was not heard.
            self.wake_all()
            async for notification in connection.notifies():
                for event in self._waiting.get(uuid.UUID(notification.payload), ()):
                    event.set()


_listeners: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = weakref.WeakKeyDictionary()


def listener() -> Listener:
    """Return the running event loop's listener."""
    loop = asyncio.get_running_loop()
    if loop not in _listeners:
        _listeners[loop] = Listener()
    return _listeners[loop]
