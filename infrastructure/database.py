"""Database access from asynchronous code: short statements on the event loop, the ORM in threads."""

import asyncio
import contextvars
import functools
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, LiteralString, ParamSpec, TypeVar

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from django.db.models import Model
from procrastinate.exceptions import ConnectorException
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Pool = AsyncConnectionPool[psycopg.AsyncConnection[DictRow]]

ASYNC_POOL_SIZE = 10
CONNECTION_TIMEOUT_SECONDS = 20
# Raised by psycopg, Django and Procrastinate while the database is unavailable.
UNAVAILABLE_ERRORS: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    OperationalError,
    InterfaceError,
    ConnectorException,
)
BLOCKING_THREADS = settings.DATABASE_POOL_SIZE

_pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = weakref.WeakKeyDictionary()


def direct_url() -> str:
    """Return the URL that bypasses a transaction-pooling proxy, as LISTEN and the worker need."""
    return settings.DATABASE_DIRECT_URL or url()


def url() -> str:
    """Return the connection string of the database in use; in tests this is the test database."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    database = connections["default"].settings_dict
    parameters = {parameter: database[name] for parameter, name in names.items() if database[name]}
    return psycopg.conninfo.make_conninfo(**{**settings.DATABASE_URL_PARAMETERS, **parameters})


def connection_arguments() -> dict[str, Any]:
    """Return the keyword arguments for every connection that is not opened by Django."""
    arguments: dict[str, Any] = dict(settings.CONNECTION_OPTIONS)
    if settings.DATABASE_DIRECT_URL:
        # A pooling proxy may send each transaction to another server connection, where a prepared statement is missing.
        arguments["prepare_threshold"] = None
    return arguments


async def fetch_one(statement: LiteralString, parameters: Mapping[str, Any]) -> DictRow | None:
    """Run one statement in its own transaction on the event loop and return its first row.

    If the connection is broken, it is replaced and the statement runs once more, so the statement must be safe to
    repeat. The commit does not wait for the disk (synchronous_commit is off): a crash of the database server may lose
    the most recent writes. Use it for counters, heartbeats and leases, never for credits.

    Raises:
        psycopg.Error: The statement failed, or the database is unavailable.
    """
    return await _run(statement, parameters, fetch=True)


async def execute(statement: LiteralString, parameters: Mapping[str, Any]) -> None:
    """Run one statement that returns no rows, under the conditions of fetch_one."""
    await _run(statement, parameters, fetch=False)


async def _run(statement: LiteralString, parameters: Mapping[str, Any], *, fetch: bool) -> DictRow | None:
    pool = await _pool()
    try:
        return await _run_once(pool, statement, parameters, fetch=fetch)
    except psycopg.OperationalError:
        await pool.check()
        return await _run_once(pool, statement, parameters, fetch=fetch)


async def _run_once(
    pool: Pool, statement: LiteralString, parameters: Mapping[str, Any], *, fetch: bool
) -> DictRow | None:
    async with pool.connection() as connection:
        cursor = await connection.execute(statement, parameters)
        return await cursor.fetchone() if fetch else None


async def _pool() -> Pool:
    loop = asyncio.get_running_loop()
    pool = _pools.get(loop)
    if pool is None:
        arguments = connection_arguments()
        arguments["options"] += " -c synchronous_commit=off"
        pool = _pools[loop] = AsyncConnectionPool(
            url(),
            connection_class=psycopg.AsyncConnection[DictRow],
            kwargs={**arguments, "autocommit": True, "row_factory": dict_row},
            min_size=1,
            max_size=ASYNC_POOL_SIZE,
            timeout=CONNECTION_TIMEOUT_SECONDS,
            reconnect_timeout=settings.DATABASE_RECONNECT_SECONDS,
            open=False,
        )
        await pool.open()
    return pool


def columns(model: type[Model]) -> list[str]:
    """Return the columns of a model, for SQL. Its table may have more, of another release."""
    return [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001 - documented by Django


async def close() -> None:
    """Close the connections of the running event loop."""
    pool = _pools.pop(asyncio.get_running_loop(), None)
    if pool is not None:
        await pool.close()


async def run_blocking(
    function: Callable[Parameters, Result], *arguments: Parameters.args, **keywords: Parameters.kwargs
) -> Result:
    """Run a blocking function (ORM, Pillow, storage) in a thread, then return its database connections to the pool."""
    return await run_in(_executor(), functools.partial(function, *arguments, **keywords))


def release_connections() -> None:
    """Return this thread's connections to the pool before a long wait; the next query takes one again.

    A connection in a transaction is kept.
    """
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


async def run_in(executor: ThreadPoolExecutor, function: Callable[[], Result]) -> Result:
    """Like `run_blocking`, in threads of its own for work of which only a few may run at once."""
    call = functools.partial(contextvars.copy_context().run, _call, function)
    return await asyncio.get_running_loop().run_in_executor(executor, call)


@functools.cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(BLOCKING_THREADS, thread_name_prefix="blocking")


def _call(function: Callable[[], Result]) -> Result:
    try:
        return function()
    finally:
        connections.close_all()
