"""Pictures from providers that wait for a thread to prepare them: some in memory, the others in temporary files.

Hundreds of pictures may arrive within seconds, and preparing one takes a core for up to a second.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

MEMORY_MAX_BYTES: Final = 64 * 1024 * 1024

_bytes_in_memory = 0


@contextlib.asynccontextmanager
async def parked(content: bytes) -> AsyncIterator[Callable[[], bytes]]:
    """Provide a function that returns these bytes once, in any thread; the caller must keep no other reference."""
    global _bytes_in_memory  # noqa: PLW0603 - changed on the event loop only
    size = len(content)
    if _bytes_in_memory + size > MEMORY_MAX_BYTES:
        path = await asyncio.to_thread(_write, content)
        if path is not None:
            del content
            try:
                yield path.read_bytes
            finally:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            return
    _bytes_in_memory += size
    held = [content]
    del content
    try:
        yield held.pop
    finally:
        _bytes_in_memory -= size


def _write(content: bytes) -> Path | None:
    """Write the bytes to a temporary file; None if there is no space for it."""
    path: Path | None = None
    try:
        descriptor, name = tempfile.mkstemp(prefix="get-images-")
        path = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        if path is not None:
            path.unlink(missing_ok=True)
        return None
    return path
