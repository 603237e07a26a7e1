"""The ASGI application for uvicorn and daphne: MCP, REST, the health endpoints, the site and its WebSocket."""

import asyncio
import functools
import gc
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Initializes Django. Modules that define or import models can only be imported after this line.
django_application = get_asgi_application()

import config.urls  # noqa: E402, F401 - otherwise the first request waits for half a second
from api import asgi as rest  # noqa: E402
from config import health  # noqa: E402
from images.listener import Listener, listener  # noqa: E402
from infrastructure import database  # noqa: E402
from infrastructure.observability import tracing  # noqa: E402
from infrastructure.observability.instrumentation import EntryPoint, instrument  # noqa: E402
from mcp_gateway import asgi as mcp_gateway  # noqa: E402
from website import live, request_body  # noqa: E402

rest_application = rest.ApiApplication()
# Not in the lifespan startup: daphne sends no lifespan events.
tracing.start("get-images-web")
# A full garbage collection stops the process while it looks at all objects, so leave out those of the modules.
gc.freeze()

# How long uvicorn keeps reading requests on connections that were accepted before its sockets were closed.
READ_ACCEPTED_SECONDS = 0.5


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Dispatch a connection to its entry point."""
    if scope["type"] == "http":
        name, entry_point = _route(scope["path"])
        await instrument(name, entry_point, scope, receive, send)
    elif scope["type"] == "lifespan":
        await _lifespan(receive, send)
    else:
        await live.application(scope, receive, send)


def _route(path: str) -> tuple[str, EntryPoint]:
    """Return the name and application of a path's entry point. MCP runs before Django, without its middleware."""
    if path in mcp_gateway.PATHS:
        return "mcp", mcp_gateway.application
    if path in health.PATHS:
        return "health", health.application
    if path.startswith(rest.PREFIXES):
        return "rest", rest_application
    return "site", _site


async def _site(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    await django_application(scope, request_body.limited(scope, receive), send)  # type: ignore[arg-type]


async def _lifespan(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Handle startup and shutdown. daphne sends no lifespan events, so nothing may depend on the startup."""
    await receive()
    _end_waits_on_signals(listener())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await listener().close()
    await database.close()
    tracing.stop()
    await send({"type": "lifespan.shutdown.complete"})


def _end_waits_on_signals(image_listener: Listener) -> None:
    """On SIGTERM and SIGINT, end the calls that wait for an image, then run uvicorn's own handler.

    uvicorn sends the lifespan shutdown only after all open requests have finished, which is too late for these calls.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        drain = functools.partial(_drain, loop, image_listener, signal.getsignal(number))
        signal.signal(number, functools.partial(_call_on_loop, loop, drain))


def _call_on_loop(
    loop: asyncio.AbstractEventLoop, drain: Callable[[int], None], number: int, _: FrameType | None
) -> None:
    loop.call_soon_threadsafe(drain, number)


def _drain(loop: asyncio.AbstractEventLoop, image_listener: Listener, server_handler: object, number: int) -> None:
    image_listener.end_waits()
    _close_listening_sockets(server_handler)
    if callable(server_handler):
        loop.call_later(READ_ACCEPTED_SECONDS, server_handler, number, None)


def _close_listening_sockets(server_handler: object) -> None:
    """Stop uvicorn from accepting connections, before its own signal handler runs.

    On shutdown, uvicorn closes its sockets together with accepted connections on which no request has been read yet.
    The client cannot determine whether such a request was processed. Closing the sockets first leaves
    READ_ACCEPTED_SECONDS to read these requests. New connections wait in the socket for the next process if systemd
    holds it.

    uvicorn has no public API for this: the signal handler is a method of its Server, which keeps its asyncio servers in
    the attribute `servers`. With another server, such as daphne, this does nothing.
    """
    uvicorn_server = getattr(server_handler, "__self__", None)
    for server in getattr(uvicorn_server, "servers", ()):
        server.close()
