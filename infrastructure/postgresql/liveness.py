"""Which pooled connections need a check before use."""

import select
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from psycopg_pool import AsyncConnectionPool, ConnectionPool

# After this time without use, a firewall may have dropped a connection without closing its socket.
IDLE_SECONDS: Final = 30.0

AnyConnection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]

_used_at: WeakKeyDictionary[AnyConnection, float] = WeakKeyDictionary()


def check(connection: psycopg.Connection[Any]) -> None:
    """Check that a pooled connection works, with a statement only if it may be broken.

    Raises:
        psycopg.OperationalError: The connection is broken.
    """
    if _may_be_broken(connection):
        ConnectionPool.check_connection(connection)


async def check_async(connection: psycopg.AsyncConnection[Any]) -> None:
    """Like `check`, for the pool of an event loop."""
    if _may_be_broken(connection):
        await AsyncConnectionPool.check_connection(connection)


def _may_be_broken(connection: AnyConnection) -> bool:
    """Return whether a connection is new, was idle for long, or has something to read.

    A server that ends a connection sends the reason or closes the socket, and either makes the socket readable.
    """
    now = time.monotonic()
    used_at, _used_at[connection] = _used_at.get(connection), now
    return used_at is None or now - used_at > IDLE_SECONDS or _is_readable(connection)


def _is_readable(connection: AnyConnection) -> bool:
    # Not select.select, which accepts no file descriptor above 1023.
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
