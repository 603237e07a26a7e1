"""What makes a process tell where its work is: an app of Django that goes round the steps of an image's life.

Each step still does all that it does, and nothing else. Processes find their board by the variable CHAOS_BOARD, and
write down in CHAOS_CALLS what the provider was asked for.
"""

import functools
import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.apps import AppConfig

from tests.chaos.stages import Board, Stage, Work

here: ContextVar[Work | None] = ContextVar("here", default=None)


class Hooks(AppConfig):
    name = "tests.chaos"

    def ready(self) -> None:
        board = Board(Path(os.environ["CHAOS_BOARD"]))
        if os.environ["CHAOS_ROLE"] == "web":
            _follow_web(board)
        else:
            _follow_worker(board)
        board.say_up()


def _follow_web(board: Board) -> None:
    from images import generation, snapshots  # noqa: PLC0415

    _around(generation, "request", lambda request: _during(board, Stage.ACCEPTING, request))
    _around(snapshots, "wait_until_final", lambda wait: _during_async(board, Stage.WAITING, wait))


def _follow_worker(board: Board) -> None:
    from images.providers import registry  # noqa: PLC0415
    from images.storage import files  # noqa: PLC0415
    from images.worker import attempts, runner  # noqa: PLC0415

    _around(runner.GenerationRun, "run", lambda run: _during_async(board, Stage.BEFORE, run))
    _around(files, "write", functools.partial(_then, Stage.STORING))
    _around(attempts, "succeed", functools.partial(_then, Stage.FINAL))
    _around(attempts, "fail", functools.partial(_then, Stage.FINAL))
    _around(registry, "SANDBOX", lambda _path: f"{__name__}.generate")


async def generate(request: Any) -> bytes:
    """Ask the sandbox, and tell that it is being asked."""
    from images.providers.sandbox import provider  # noqa: PLC0415

    _write_down(request.prompt)
    _move(Stage.IN)
    try:
        content = await provider.generate(request)
    except Exception:
        # It will be called again after a pause, or this was the last call.
        _move(Stage.BEFORE)
        raise
    _move(Stage.AFTER)
    return content


def _write_down(prompt: str) -> None:
    file = os.open(os.environ["CHAOS_CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, prompt.encode() + b"\n")
    finally:
        os.close(file)


def _move(stage: Stage) -> None:
    work = here.get()
    if work is not None:
        work.move(stage)


def _around(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    setattr(owner, name, wrap(getattr(owner, name)))


def _then(stage: Stage, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def moved(*arguments: Any, **keywords: Any) -> Any:
        _move(stage)
        return function(*arguments, **keywords)

    return moved


def _during(board: Board, stage: Stage, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def followed(*arguments: Any, **keywords: Any) -> Any:
        with board.work(stage):
            return function(*arguments, **keywords)

    return followed


def _during_async(board: Board, stage: Stage, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def followed(*arguments: Any, **keywords: Any) -> Any:
        with board.work(stage) as work:
            # Threads that are given something to do on the way inherit it.
            here.set(work)
            return await function(*arguments, **keywords)

    return followed
