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
from dataclasses import dataclass
from typing import Final, Literal

import psycopg

from infrastructure import cancellation, database

logger = logging.getLogger(__name__)

RECONNECT_PAUSE_SECONDS = 1.0
# When this many changes wait for a page, they are replaced by one that makes the page reload everything.
QUEUED_CHANGES_MAX = 100

Topic = Literal["image", "balance", "key", "session", "webhook", "anything"]
TOPICS: Final[dict[str, Topic]] = {
    "image_changed": "image",
    "balance_changed": "balance",
    "key_first_used": "key",
    "session_ended": "session",
    "webhook_changed": "webhook",
}
LISTEN: Final = "; ".join(f"LISTEN {channel}" for channel in TOPICS)


@dataclass(frozen=True, slots=True)
class Change:
    """A change that concerns a user; the id is set if the topic is an image."""

    topic: Topic
    image_id: uuid.UUID | None = None


class Listener:
    """The listener of one event loop. The first waiter or page starts its connection."""

    def __init__(self) -> None:
        self._image_events: defaultdict[uuid.UUID, set[asyncio.Event]] = defaultdict(set)
        self._user_queues: defaultdict[uuid.UUID, set[asyncio.Queue[Change]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @contextlib.contextmanager
    def image_changes(self, image_id: uuid.UUID) -> Iterator[asyncio.Event]:
        """Provide an event that is set whenever the image changes, for the duration of the block."""
        self._start()
        changed = asyncio.Event()
        self._image_events[image_id].add(changed)
        try:
            yield changed
        finally:
            self._image_events[image_id].discard(changed)
            if not self._image_events[image_id]:
                del self._image_events[image_id]

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
                self._dispatch(TOPICS[notification.channel], ids)

    def _refresh_all(self) -> None:
        """Make every waiter read its row again, and every page reload everything."""
        self._wake_waiters()
        for user_id in self._user_queues:
            self._notify_user(user_id, Change("anything"))

    def _wake_waiters(self) -> None:
        for events in self._image_events.values():
            for event in events:
                event.set()

    def _dispatch(self, topic: Topic, ids: list[uuid.UUID]) -> None:
        """Deliver a notification. Its ids are those of the users; for an image, of the image and then its user."""
        image_id: uuid.UUID | None = None
        if topic == "image":
            # The image of a deleted account has no user.
            image_id, *ids = ids
            for event in self._image_events.get(image_id, ()):
                event.set()
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
