"""A Django app that records the stage of all work in a process, by wrapping the steps of an image's life.

The steps themselves are unchanged. The variable CHAOS_BOARD names the file for the stages, and CHAOS_CALLS the file
for the prompts of all provider calls.
"""

import functools
import os
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.apps import AppConfig

from tests.chaos.stages import Board, Stage, Work

current_work: ContextVar[Work | None] = ContextVar("current_work", default=None)


class Hooks(AppConfig):
    name = "tests.chaos"

    def ready(self) -> None:
        board = Board(Path(os.environ["CHAOS_BOARD"]))
        if os.environ["CHAOS_ROLE"] == "web":
            _instrument_web(board)
        else:
            _instrument_worker(board)
        board.mark_up()


def _instrument_web(board: Board) -> None:
    from images import generation, snapshots  # noqa: PLC0415
    from images.uploads import uploads  # noqa: PLC0415

    _wrap(uploads, "store", lambda store: _staged(board, Stage.ACCEPTING, store))
    _wrap(generation, "request", lambda request: _staged(board, Stage.ACCEPTING, request))
    _wrap(snapshots, "wait_until_final", lambda wait: _staged_async(board, Stage.WAITING, wait))


def _instrument_worker(board: Board) -> None:
    from images.providers import registry  # noqa: PLC0415
    from images.storage import files  # noqa: PLC0415
    from images.worker import attempts, runner  # noqa: PLC0415

    _wrap(runner.GenerationRun, "run", lambda run: _staged_async(board, Stage.BEFORE, run))
    _wrap(files, "write", functools.partial(_moving_to, Stage.STORING))
    _wrap(attempts, "succeed", functools.partial(_moving_to, Stage.FINAL))
    _wrap(attempts, "fail", functools.partial(_moving_to, Stage.FINAL))
    _wrap(registry, "SANDBOX", lambda _path: f"{__name__}.generate")


async def generate(request: Any) -> Any:
    """Call the sandbox provider, and record the stages before, during and after the call."""
    from images.providers.sandbox import provider  # noqa: PLC0415

    _record_call(request.prompt)
    _move(Stage.IN)
    try:
        picture = await provider.generate(request)
    except Exception:
        # The call is repeated after a pause, or this was the last one.
        _move(Stage.BEFORE)
        raise
    _move(Stage.AFTER)
    return picture


def _record_call(prompt: str) -> None:
    file = os.open(os.environ["CHAOS_CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(file, prompt.encode() + b"\n")
    finally:
        os.close(file)


def _move(stage: Stage) -> None:
    work = current_work.get()
    if work is not None:
        work.move(stage)


def _wrap(owner: Any, name: str, wrap: Callable[[Any], Any]) -> None:
    setattr(owner, name, wrap(getattr(owner, name)))


def _moving_to(stage: Stage, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def moved(*arguments: Any, **keywords: Any) -> Any:
        _move(stage)
        return function(*arguments, **keywords)

    return moved


def _staged(board: Board, stage: Stage, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def staged(*arguments: Any, **keywords: Any) -> Any:
        with board.work(stage):
            return function(*arguments, **keywords)

    return staged


def _staged_async(board: Board, stage: Stage, function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def staged(*arguments: Any, **keywords: Any) -> Any:
        with board.work(stage) as work:
            # Threads that run parts of the work inherit the context variable.
            current_work.set(work)
            return await function(*arguments, **keywords)

    return staged
