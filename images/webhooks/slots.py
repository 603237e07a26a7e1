"""The tries that one worker runs at the same time, shared fairly between users."""

import asyncio
import uuid
from collections import Counter, deque


class FairSlots:
    """A limited number of slots. A free slot goes to the waiting user with the fewest slots.

    Slow receivers of one user can occupy all slots only while no other user waits, and each of them frees its slot
    within one timeout. Only for one event loop.
    """

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._held: Counter[uuid.UUID] = Counter()
        self._waiting: dict[uuid.UUID, deque[asyncio.Future[None]]] = {}

    async def acquire(self, user_id: uuid.UUID) -> None:
        """Wait for a slot; each call needs one `release` with the same id."""
        if self._free:
            self._take(user_id)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(user_id, deque()).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.release(user_id)
            raise

    def release(self, user_id: uuid.UUID) -> None:
        """Free a slot of this user, or pass it on."""
        self._free += 1
        self._held[user_id] -= 1
        if not self._held[user_id]:
            del self._held[user_id]
        while self._free and self._waiting:
            self._pass_on(min(self._waiting, key=lambda waiting: self._held[waiting]))

    def _pass_on(self, user_id: uuid.UUID) -> None:
        queue = self._waiting[user_id]
        future = queue.popleft()
        if not queue:
            del self._waiting[user_id]
        # A waiter that was cancelled takes no slot.
        if not future.done():
            self._take(user_id)
            future.set_result(None)

    def _take(self, user_id: uuid.UUID) -> None:
        self._free -= 1
        self._held[user_id] += 1
