"""An image as a door shows it: its row now, a fresh link to its picture, and the balance beside it."""

import uuid
from dataclasses import dataclass

from accounts.authentication import Caller
from billing import usage
from images import generation
from images.models import Image
from images.schemas import GenerationArguments
from images.storage import links
from infrastructure import database


@dataclass(frozen=True, slots=True)
class ImageSnapshot:
    """An image as it is now, and whether asking for it was a repetition."""

    image: Image
    image_url: str | None
    balance: int
    replayed: bool = False


async def request(caller: Caller, arguments: GenerationArguments) -> ImageSnapshot:
    """Ask for an image as generation.request does, and return it as it is now."""
    return await database.run_blocking(_request, caller, arguments)


async def find(caller: Caller, image_id: str | uuid.UUID, *, replayed: bool = False) -> ImageSnapshot:
    """Return one of the caller's images as it is now.

    Raises:
        ImageNotFound: There is none with this id that the caller may see.
    """
    return await database.run_blocking(_find, caller, image_id, replayed)


def _request(caller: Caller, arguments: GenerationArguments) -> ImageSnapshot:
    asked = generation.request(caller, arguments)
    return ImageSnapshot(asked.image, links.image_url(asked.image), asked.balance, asked.replayed)


def _find(caller: Caller, image_id: str | uuid.UUID, replayed: bool) -> ImageSnapshot:
    image = generation.find(caller, image_id)
    return ImageSnapshot(image, links.image_url(image), usage.balance(caller), replayed)
