"""The application that uvicorn and daphne serve: MCP and REST on their own paths, the site and its WebSocket."""

import asyncio
import functools
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

from api import asgi as rest  # noqa: E402
from config import health  # noqa: E402
from images.listener import Listener, listener  # noqa: E402
from infrastructure import database, tracing  # noqa: E402
from infrastructure.instrumentation import EntryPoint, instrument  # noqa: E402
from mcp_gateway import asgi as mcp_gateway  # noqa: E402
from website import live  # noqa: E402

rest_application = rest.ApiApplication()
# Here and not with the server: daphne does not say when it begins.
tracing.start("get-images-web")

READ_ACCEPTED_SECONDS = 0.5


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer whatever the server hands over."""
    if scope["type"] == "http":
        name, door = _door(scope["path"])
        await instrument(name, door, scope, receive, send)
    elif scope["type"] == "lifespan":
        await _serve(receive, send)
    else:
        await live.application(scope, receive, send)


def _door(path: str) -> tuple[str, EntryPoint]:
    """Return who answers at this path. MCP does before Django, so that none of its middleware runs on it."""
    if path in mcp_gateway.PATHS:
        return "mcp", mcp_gateway.application
    if path in health.PATHS:
        return "health", health.application
    if path.startswith(rest.PREFIX):
        return "rest", rest_application
    return "site", _site


async def _site(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    await django_application(scope, rest.limit_body(receive), send)  # type: ignore[arg-type]


async def _serve(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Begin and end with the server. Daphne does not say when it begins, so nothing may depend on it."""
    await receive()
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
        drain = functools.partial(_drain, loop, ears, signal.getsignal(number))
        signal.signal(number, functools.partial(_soon, loop, drain))


def _soon(loop: asyncio.AbstractEventLoop, drain: Callable[[int], None], number: int, _: FrameType | None) -> None:
    loop.call_soon_threadsafe(drain, number)


def _drain(loop: asyncio.AbstractEventLoop, ears: Listener, servers_own: object, number: int) -> None:
    ears.end_waits()
    # uvicorn would close connections whose request has not been read yet, together with the socket that they came
    # through, and nobody could tell whether such a request was begun. So the socket is closed first, and the requests
    # that came through it are read; whoever connects later finds the next process, if systemd holds the socket.
    for listening in getattr(getattr(servers_own, "__self__", None), "servers", ()):
        listening.close()
    if callable(servers_own):
        loop.call_later(READ_ACCEPTED_SECONDS, servers_own, number, None)
