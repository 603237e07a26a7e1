"""Receive a picture: asynchronous functions for the entry points, which keep Pillow and storage off the event loop."""

import asyncio
import functools
import uuid
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from accounts.authentication import Caller
from images.models import Upload
from images.uploads import tickets, uploads
from images.uploads.schemas import TicketResult
from infrastructure import database, outbound
from infrastructure.exceptions import FieldError, InvalidArguments, OutboundError

# Files of up to uploads.MAX_BYTES are in memory while they are fetched and while they wait for a thread.
FETCHED_AT_ONCE: Final = 4
OK: Final = 200

# Separate from the other blocking functions, which must not wait for pictures to be decoded.
_threads: Final = ThreadPoolExecutor(1, thread_name_prefix="upload")
_fetches: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = weakref.WeakKeyDictionary()


async def store(caller: Caller, read: Callable[[], bytes], *, field: str = "file") -> Upload:
    """Store the picture that a function reads, as `uploads.store`. The function runs in a thread, when one is free."""
    return await database.run_in(_threads, lambda: uploads.store(caller, read(), field=field))


async def sha256(read: Callable[[], bytes], *, field: str = "file") -> str:
    """Return the SHA-256 that the upload of a picture would have, as `uploads.sha256`, in the thread of `store`."""
    return await database.run_in(_threads, lambda: uploads.sha256(read(), field=field))


async def redeem(upload_id: uuid.UUID, read: Callable[[], bytes]) -> Upload:
    """Store the picture of a ticket, as `uploads.redeem`. A ticket that cannot be used is refused before the read."""
    await database.run_blocking(uploads.count_attempt, upload_id)
    return await database.run_in(_threads, lambda: uploads.redeem(upload_id, read()))


async def store_from_url(caller: Caller, url: str, *, field: str = "url") -> Upload:
    """Fetch a picture from a public URL and store it.

    Raises:
        ServiceError: InvalidArguments if the URL is refused or gives no usable picture; and as `uploads.store`.
    """
    caller.require_active()
    async with _fetches.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(FETCHED_AT_ONCE)):
        content = await _fetch(url, field)
        return await store(caller, lambda: content, field=field)


async def create_ticket(caller: Caller) -> TicketResult:
    """Create a ticket and return what is needed to use it; errors as in `uploads.create_ticket`."""
    ticket = await database.run_blocking(functools.partial(uploads.create_ticket, caller))
    return tickets.result(ticket)


async def _fetch(url: str, field: str) -> bytes:
    try:
        response = await outbound.fetch(url, accept="image/*", max_bytes=uploads.MAX_BYTES)
    except OutboundError as error:
        raise InvalidArguments([FieldError(field, str(error))]) from None
    if response.status != OK:
        message = f"The host responded with status {response.status}. Use a URL that gives the file directly."
        raise InvalidArguments([FieldError(field, message)])
    return response.body
