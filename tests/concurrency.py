"""Helpers to run asynchronous code, wait for a condition, and run functions concurrently."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from accounts.oauth.errors import OAuthError
from images.listener import listener
from infrastructure import database
from infrastructure.exceptions import ServiceError

Result = TypeVar("Result")


def run(awaitable: Awaitable[Result]) -> Result:
    """Run an awaitable in a new event loop, and close the listener and the connections that it opened."""

    async def run_and_close() -> Result:
        try:
            return await awaitable
        finally:
            await listener().close()
            await database.close()

    return asyncio.run(run_and_close())


def eventually(condition: Callable[[], Result | None], *, seconds: float = 60.0) -> Result:
    """Return the first true value of the condition.

    The limit only ends a broken run: no test asserts how fast something happens.
    """
    pause = threading.Event()
    for _ in range(int(seconds / 0.05)):
        value = condition()
        if value:
            return value
        pause.wait(0.05)
    raise AssertionError(f"condition not true within {seconds} s: {condition}")


def at_once(*functions: Callable[[], object]) -> list[str]:
    """Start all functions at the same moment and return their outcomes.

    An outcome is `done`, `nothing` for a false return value, or the code of a ServiceError or OAuthError.
    """
    barrier = threading.Barrier(len(functions))

    def outcome(function: Callable[[], object]) -> str:
        barrier.wait()
        try:
            return "done" if function() else "nothing"
        except (ServiceError, OAuthError) as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(outcome, functions))
