"""The application that uvicorn and daphne serve: MCP and REST on their own paths, the site and its WebSocket."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# This sets Django up, and the apps can be imported only after that.
django_application = get_asgi_application()

from accounts.rest import asgi as rest  # noqa: E402
from config import database, health, tracing  # noqa: E402
from config.observing import Door, observe  # noqa: E402
from images import live  # noqa: E402
from images.listener import Listener, listener  # noqa: E402
from mcp_gateway import asgi as mcp_gateway  # noqa: E402

rest_application = rest.Application()


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer whatever the server hands over."""
    if scope["type"] == "http":
        name, door = _door(scope["path"])
        await observe(name, door, scope, receive, send)
    elif scope["type"] == "lifespan":
        await _serve(receive, send)
    else:
        await live.application(scope, receive, send)


def _door(path: str) -> tuple[str, Door]:
    """Return who answers at this path. MCP does before Django, so that none of its middleware runs on it."""
    if path in mcp_gateway.PATHS:
        return "mcp", mcp_gateway.application
    if path in health.PATHS:
        return "health", health.application
    if path.startswith(rest.PREFIX):
        return "rest", rest_application
    return "site", django_application  # type: ignore[return-value]


async def _serve(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Begin and end with the server. Daphne does not say when it begins, so nothing may depend on it."""
    await receive()
    tracing.start("get-images-web")
    _end_waits_on_signals(listener())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await listener().close()
    await database.close()
    tracing.stop()
    await send({"type": "lifespan.shutdown.complete"})


def _end_waits_on_signals(ears: Listener) -> None:
    """Let calls that wait for an image answer as soon as the process is told to stop.

    uvicorn takes no new connections then, but waits until the open ones are answered before it says anything here.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _both(lambda: loop.call_soon_threadsafe(ears.end_waits), signal.getsignal(number)))


def _both(first: Callable[[], object], servers_own: object) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        first()
        if callable(servers_own):
            servers_own(number, frame)

    return handle
