"""Pictures from providers that wait for a thread to prepare them: some in memory, the others in temporary files.

Hundreds of pictures may arrive within seconds, and preparing one takes a core for up to a second.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable
from typing import IO, Final

MEMORY_MAX_BYTES: Final = 64 * 1024 * 1024

_bytes_in_memory = 0


@contextlib.asynccontextmanager
async def parked(content: bytes) -> AsyncIterator[Callable[[], bytes]]:
    """Provide a function that returns these bytes once, in any thread; the caller must keep no other reference."""
    global _bytes_in_memory  # noqa: PLW0603 - changed on the event loop only
    size = len(content)
    if _bytes_in_memory + size > MEMORY_MAX_BYTES:
        file = await asyncio.to_thread(_write, content)
        if file is not None:
            del content
            with file:
                yield file.read
            return
    _bytes_in_memory += size
    held = [content]
    del content
    try:
        yield held.pop
    finally:
        _bytes_in_memory -= size


def _write(content: bytes) -> IO[bytes] | None:
    """Write the bytes to a file without a name, which a killed process cannot leave behind; None without space."""
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.TemporaryFile())
            file.write(content)
            file.seek(0)
        except OSError:
            return None
        stack.pop_all()
        return file
