"""One connection per process that hears what changed: it wakes who waits for an image, and tells open pages.

PostgreSQL sends ids (NOTIFY, by triggers): of images, and of users whose balance or keys changed. A lost notification
costs a waiter a few seconds and nothing else: the row is read again every RECHECK_SECONDS.
"""

import asyncio
import contextlib
import logging
import uuid
import weakref
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import psycopg

from infrastructure import cancellation, database

logger = logging.getLogger(__name__)

RECONNECT_PAUSE_SECONDS = 1.0
# A page that is this far behind with its news is told to ask for everything instead.
NEWS_MAX = 100

Topic = Literal["image", "balance", "key", "anything"]
TOPICS: Final[dict[str, Topic]] = {"image_changed": "image", "balance_changed": "balance", "key_first_used": "key"}
LISTEN: Final = "LISTEN image_changed; LISTEN balance_changed; LISTEN key_first_used"


@dataclass(frozen=True, slots=True)
class Change:
    """Something of a user's has changed: what, and which image if it is one."""

    topic: Topic
    image_id: uuid.UUID | None = None


class Listener:
    """Hears of changes on one event loop, from the first one who waits until the loop ends."""

    def __init__(self) -> None:
        self._following: defaultdict[uuid.UUID, set[asyncio.Queue[Change]]] = defaultdict(set)
        self._waiting: defaultdict[uuid.UUID, set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @contextlib.contextmanager
    def watching(self, image_id: uuid.UUID) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever the image changes, for as long as the block lasts."""
        self._start()
        changed = asyncio.Event()
        self._waiting[image_id].add(changed)
        try:
            yield changed
        finally:
            self._waiting[image_id].discard(changed)
            if not self._waiting[image_id]:
                del self._waiting[image_id]

    @contextlib.contextmanager
    def following(self, user_id: uuid.UUID) -> Iterator[asyncio.Queue[Change]]:
        """Give a queue of what changes for this user, for as long as the block lasts."""
        self._start()
        news: asyncio.Queue[Change] = asyncio.Queue(NEWS_MAX)
        self._following[user_id].add(news)
        try:
            yield news
        finally:
            self._following[user_id].discard(news)
            if not self._following[user_id]:
                del self._following[user_id]

    def wake_all(self) -> None:
        """Let every waiter look at its row again, and every page at everything."""
        self._wake_waiters()
        for user_id in self._following:
            self._tell(user_id, Change("anything"))

    def end_waits(self) -> None:
        """Let every waiter return with what there is: the process is about to stop."""
        self.closing = True
        self._wake_waiters()

    def _wake_waiters(self) -> None:
        for events in self._waiting.values():
            for event in events:
                event.set()

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            await cancellation.cancel_and_wait(self._task)

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="listener")

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
            await connection.execute(LISTEN)
            # What changed before this moment was not heard.
            self.wake_all()
            async for notification in connection.notifies():
                self._hear(TOPICS[notification.channel], [uuid.UUID(each) for each in notification.payload.split()])

    def _hear(self, topic: Topic, ids: list[uuid.UUID]) -> None:
        if topic == "image":
            image_id = ids.pop(0)
            for event in self._waiting.get(image_id, ()):
                event.set()
        # The image of a deleted account is nobody's.
        for user_id in ids:
            self._tell(user_id, Change(topic, image_id if topic == "image" else None))

    def _tell(self, user_id: uuid.UUID, news: Change) -> None:
        for queue in self._following.get(user_id, ()):
            told = news
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                told = Change("anything")
            queue.put_nowait(told)


_listeners: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = weakref.WeakKeyDictionary()


def listener() -> Listener:
    """Return the running event loop's listener."""
    loop = asyncio.get_running_loop()
    if loop not in _listeners:
        _listeners[loop] = Listener()
    return _listeners[loop]
