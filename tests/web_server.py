"""The web application, or another one, on uvicorn in the process of the test."""

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, Literal, Self

import uvicorn

from config.asgi import application


class Server:
    """uvicorn in a thread with its own event loop."""

    def __init__(self, app: Any = application, *, lifespan: Literal["on", "off"] = "on") -> None:
        config = uvicorn.Config(app, lifespan=lifespan, ws="websockets-sansio", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="web")
        self._loop: asyncio.AbstractEventLoop | None = None
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve([self._socket])

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine on the server's event loop."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
