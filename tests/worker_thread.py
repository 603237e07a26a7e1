"""A worker that runs in a thread of the test process."""

import asyncio
import threading
from typing import Final

from images.worker.process import Worker

# A worker that ends takes a fraction of this time, even on a busy machine.
STOP_MAX_SECONDS: Final = 60.0


class WorkerThread:
    """A worker with its own event loop in a thread."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="worker", daemon=True)

    async def _run(self) -> None:
        self.worker, self.loop = Worker(), asyncio.get_running_loop()
        self._started.set()
        await self.worker.run()

    def start(self) -> "WorkerThread":
        self._thread.start()
        self._started.wait()
        return self

    def stop(self) -> None:
        """Let the worker finish its running images, then join the thread."""
        assert self.worker is not None
        assert self.loop is not None
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.worker.stop)
        self._thread.join(STOP_MAX_SECONDS)
        assert not self._thread.is_alive(), "The worker did not end."
