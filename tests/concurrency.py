"""Running asynchronous code, waiting for a condition, and running functions at the same moment."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from images.listener import listener
from infrastructure import database
from infrastructure.exceptions import ServiceError

Result = TypeVar("Result")


def run(awaitable: Awaitable[Result]) -> Result:
    """Run something asynchronous to its end, and close what it opened."""

    async def all_of_it() -> Result:
        try:
            return await awaitable
        finally:
            await listener().close()
            await database.close()

    return asyncio.run(all_of_it())


def eventually(condition: Callable[[], Result | None], *, seconds: float = 60.0) -> Result:
    """Return the condition's first true value; how long that may take is a bound for a broken run, not a measure."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.05)):
        value = condition()
        if value:
            return value
        waiting.wait(0.05)
    raise AssertionError(f"not within {seconds} s: {condition}")


def at_once(*functions: Callable[[], object]) -> list[str]:
    """Run all of them at the same moment; return what each did: `done`, `nothing` (a false value), or its error."""
    together = threading.Barrier(len(functions))

    def outcome(function: Callable[[], object]) -> str:
        together.wait()
        try:
            return "done" if function() else "nothing"
        except ServiceError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(outcome, functions))
