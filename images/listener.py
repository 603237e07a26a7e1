"""One LISTEN connection per process: wakes requests that wait for an image, and queues changes for open pages.

Triggers send notifications (NOTIFY) with the ids of images, and of users whose balance or keys changed. Sign-out and
each try of a webhook delivery send one with the user's id. A lost notification only delays a waiter: it reads the
image's row again every `snapshots.RECHECK_SECONDS`.
"""

import asyncio
import contextlib
import logging
import uuid
import weakref
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import psycopg

from infrastructure import cancellation, database

logger = logging.getLogger(__name__)

RECONNECT_PAUSE_SECONDS = 1.0
# When this many changes wait for a page, they are replaced by one that makes the page reload everything.
QUEUED_CHANGES_MAX = 100
# The images that became final last: one of them may have done so before the request for it began to wait.
LAST_FINAL_MAX = 1000

Topic = Literal["image", "balance", "key", "session", "webhook", "anything"]
TOPICS: Final[dict[str, Topic]] = {
    "image_changed": "image",
    "balance_changed": "balance",
    "key_first_used": "key",
    "session_ended": "session",
    "webhook_changed": "webhook",
}
FINAL: Final = "image_final"
LISTEN: Final = "; ".join(f"LISTEN {channel}" for channel in [*TOPICS, FINAL])


@dataclass(frozen=True, slots=True)
class Change:
    """A change that concerns a user; the id is set if the topic is an image."""

    topic: Topic
    image_id: uuid.UUID | None = None


@dataclass(eq=False, slots=True)
class Waiter:
    """A request that waits for an image to become final. A waiter can be woken before that."""

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_final: bool = False


class Listener:
    """The listener of one event loop. The first waiter or page starts its connection."""

    def __init__(self) -> None:
        self._waiters: defaultdict[uuid.UUID, set[Waiter]] = defaultdict(set)
        self._user_queues: defaultdict[uuid.UUID, set[asyncio.Queue[Change]]] = defaultdict(set)
        # A dict, whose keys are in the order in which they were added.
        self._last_final: dict[uuid.UUID, None] = {}
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @contextlib.contextmanager
    def waiter(self, image_id: uuid.UUID) -> Iterator[Waiter]:
        """Provide a waiter for the image, for the duration of the block."""
        self._start()
        waiter = Waiter(is_final=image_id in self._last_final)
        self._waiters[image_id].add(waiter)
        try:
            yield waiter
        finally:
            self._waiters[image_id].discard(waiter)
            if not self._waiters[image_id]:
                del self._waiters[image_id]

    @contextlib.contextmanager
    def user_changes(self, user_id: uuid.UUID) -> Iterator[asyncio.Queue[Change]]:
        """Provide a queue of the changes that concern this user, for the duration of the block."""
        self._start()
        queue: asyncio.Queue[Change] = asyncio.Queue(QUEUED_CHANGES_MAX)
        self._user_queues[user_id].add(queue)
        try:
            yield queue
        finally:
            self._user_queues[user_id].discard(queue)
            if not self._user_queues[user_id]:
                del self._user_queues[user_id]

    def end_waits(self) -> None:
        """Make every waiter return with the current state, because the process is about to stop."""
        self.closing = True
        self._wake_waiters()

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
                await self._listen_until_disconnected()
            except (psycopg.Error, OSError) as error:
                logger.warning("listening for images interrupted: %s", type(error).__name__)
            await asyncio.sleep(RECONNECT_PAUSE_SECONDS)

    async def _listen_until_disconnected(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            database.direct_url(), autocommit=True, **database.connection_arguments()
        )
        async with connection:
            await connection.execute(LISTEN)
            # PostgreSQL does not deliver notifications that were sent before LISTEN.
            self._refresh_all()
            async for notification in connection.notifies():
                ids = [uuid.UUID(text) for text in notification.payload.split()]
                if notification.channel == FINAL:
                    self._end_waits_for(ids[0])
                else:
                    self._dispatch(TOPICS[notification.channel], ids)

    def _refresh_all(self) -> None:
        """Make every waiter read its row again, and every page reload everything."""
        self._wake_waiters()
        for user_id in self._user_queues:
            self._notify_user(user_id, Change("anything"))

    def _wake_waiters(self) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.woken.set()

    def _end_waits_for(self, image_id: uuid.UUID) -> None:
        self._last_final[image_id] = None
        if len(self._last_final) > LAST_FINAL_MAX:
            del self._last_final[next(iter(self._last_final))]
        for waiter in self._waiters.get(image_id, ()):
            waiter.is_final = True
            waiter.woken.set()

    def _dispatch(self, topic: Topic, ids: list[uuid.UUID]) -> None:
        """Deliver a notification. Its ids are those of the users; for an image, of the image and then its user."""
        image_id: uuid.UUID | None = None
        if topic == "image":
            # The image of a deleted account has no user.
            image_id, *ids = ids
        for user_id in ids:
            self._notify_user(user_id, Change(topic, image_id))

    def _notify_user(self, user_id: uuid.UUID, change: Change) -> None:
        for queue in self._user_queues.get(user_id, ()):
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(Change("anything"))
            else:
                queue.put_nowait(change)


_listeners: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Listener] = weakref.WeakKeyDictionary()


def listener() -> Listener:
    """Return the running event loop's listener."""
    loop = asyncio.get_running_loop()
    if loop not in _listeners:
        _listeners[loop] = Listener()
    return _listeners[loop]
