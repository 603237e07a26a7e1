"""Request an image, find one and wait for one: asynchronous functions for the entry points.

Each returns an `ImageSnapshot`. A wait holds no thread or database connection, and any process may finish the image.
"""

import asyncio
import contextlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, LiteralString

from django.db.models import prefetch_related_objects

from accounts.authentication import Caller
from images import generation
from images.consent import Confirmation
from images.generation import GenerationReceipt
from images.listener import listener
from images.models import CatalogueModel, Image
from images.providers import safety_identifier
from images.schemas import GenerationArguments
from images.storage import links
from infrastructure import database

RECHECK_SECONDS = 5.0

IS_FINAL: Final[LiteralString] = "SELECT finished_at IS NOT NULL AS final FROM images_image WHERE id = %(id)s"


@dataclass(frozen=True, slots=True)
class ImageSnapshot:
    """An image's row, a fresh link to its picture, and the owner's balance in credits, all read at one moment."""

    image: Image
    image_url: str | None
    balance: int
    # Whether the request repeated an earlier one.
    replayed: bool = False


async def request(
    caller: Caller, arguments: GenerationArguments, *, confirmation: Confirmation | None = None
) -> ImageSnapshot:
    """Request an image and return it without waiting; arguments and errors as in `generation.request`."""
    return await database.run_blocking(_request, caller, arguments, confirmation)


async def request_all(
    caller: Caller,
    arguments: GenerationArguments,
    count: int,
    *,
    end_user: str = "",
    model: CatalogueModel | None = None,
) -> list[ImageSnapshot]:
    """Request several images, all or none, and return them without waiting; errors as in `generation.request_all`.

    Args:
        caller: The authenticated user.
        arguments: The validated arguments of each picture.
        count: The number of images.
        end_user: A name that the caller gives to the person for whom it requests them; only a hash of it is stored.
        model: The model of the arguments, if it was read a moment ago.
    """
    return await database.run_blocking(_request_all, caller, arguments, count, end_user, model)


async def find_replayed(
    caller: Caller, arguments: GenerationArguments, count: int, sha256_by_id: Mapping[str, str]
) -> list[ImageSnapshot]:
    """Return the images of an earlier request with the same key; arguments and errors as `generation.find_replayed`."""
    return await database.run_blocking(_find_replayed, caller, arguments, count, sha256_by_id)


async def find(caller: Caller, image_id: str | uuid.UUID, *, replayed: bool = False) -> ImageSnapshot:
    """Return one of the caller's images.

    Raises:
        ImageNotFound: The caller has no image with this id, or deleted it.
    """
    return await database.run_blocking(_find, caller, image_id, replayed)


async def wait_until_final(caller: Caller, snapshot: ImageSnapshot, *, seconds: float) -> ImageSnapshot:
    """Wait until the image is final, the seconds have passed or the process is about to stop; return a new snapshot.

    Raises:
        ImageNotFound: The image was deleted during the wait.
    """
    if snapshot.image.is_final or seconds <= 0:
        return snapshot
    await _wait(snapshot.image.id, seconds)
    return await find(caller, snapshot.image.id, replayed=snapshot.replayed)


async def wait_until_all_final(
    caller: Caller, waiting: Sequence[ImageSnapshot], *, seconds: float
) -> list[ImageSnapshot]:
    """Wait for several images as `wait_until_final`; all new snapshots have the same balance.

    Raises:
        ImageNotFound: One of the images was deleted during the wait.
    """
    unfinished = [snapshot.image.id for snapshot in waiting if not snapshot.image.is_final]
    if not unfinished:
        return list(waiting)
    try:
        async with asyncio.TaskGroup() as group:
            for image_id in unfinished:
                group.create_task(_wait(image_id, seconds))
    except* database.UNAVAILABLE_ERRORS as unavailable:
        raise unavailable.exceptions[0] from None
    return await database.run_blocking(_find_all, caller, waiting)


def _request(caller: Caller, arguments: GenerationArguments, confirmation: Confirmation | None) -> ImageSnapshot:
    return _snapshot(generation.request(caller, arguments, confirmation=confirmation))


def _request_all(
    caller: Caller, arguments: GenerationArguments, count: int, end_user: str, model: CatalogueModel | None
) -> list[ImageSnapshot]:
    end_user_hash = safety_identifier.of_end_user(caller.user_id, end_user)
    receipts = generation.request_all(caller, arguments, count, end_user_hash=end_user_hash, model=model)
    return [_snapshot(receipt) for receipt in receipts]


def _find_replayed(
    caller: Caller, arguments: GenerationArguments, count: int, sha256_by_id: Mapping[str, str]
) -> list[ImageSnapshot]:
    return [_snapshot(receipt) for receipt in generation.find_replayed(caller, arguments, count, sha256_by_id)]


def _snapshot(receipt: GenerationReceipt) -> ImageSnapshot:
    if receipt.replayed:
        # The result is built on the event loop, which may not query.
        prefetch_related_objects([receipt.image], "sources")
    return ImageSnapshot(receipt.image, links.image_url(receipt.image), receipt.balance, receipt.replayed)


def _find(caller: Caller, image_id: str | uuid.UUID, replayed: bool) -> ImageSnapshot:
    image = generation.find(caller, image_id)
    return ImageSnapshot(image, links.image_url(image), image.owner_balance, replayed)


def _find_all(caller: Caller, waiting: Sequence[ImageSnapshot]) -> list[ImageSnapshot]:
    found = [_find(caller, snapshot.image.id, snapshot.replayed) for snapshot in waiting]
    return [replace(snapshot, balance=found[-1].balance) for snapshot in found]


async def _wait(image_id: uuid.UUID, seconds: float) -> None:
    end = asyncio.get_running_loop().time() + seconds
    changes = listener()
    with changes.waiter(image_id) as waiter:
        while not waiter.is_final:
            seconds_left = end - asyncio.get_running_loop().time()
            if seconds_left <= 0 or changes.closing:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(seconds_left, RECHECK_SECONDS)):
                    await waiter.woken.wait()
            # Cleared before the row is read, so that a change after the read is not missed.
            waiter.woken.clear()
            if waiter.is_final or await _is_final(image_id):
                return


async def _is_final(image_id: uuid.UUID) -> bool:
    row = await database.fetch_one(IS_FINAL, {"id": image_id})
    return bool(row and row["final"])
