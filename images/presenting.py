"""An image as a door shows it: its row now, a fresh link to its picture, and the balance beside it."""

import uuid
from dataclasses import dataclass

from accounts.authentication import Caller
from billing import usage
from config import database
from images import generation, links
from images.models import Image
from images.schemas import GenerationArguments


@dataclass(frozen=True, slots=True)
class Present:
    """An image as it is now, and whether asking for it was a repetition."""

    image: Image
    image_url: str | None
    balance: int
    replayed: bool = False


async def request(caller: Caller, arguments: GenerationArguments) -> Present:
    """Ask for an image as generation.request does, and return it as it is now."""
    return await database.run_blocking(_request, caller, arguments)


async def find(caller: Caller, image_id: str | uuid.UUID, *, replayed: bool = False) -> Present:
    """Return one of the caller's images as it is now.

    Raises:
        ImageNotFound: There is none with this id that the caller may see.
    """
    return await database.run_blocking(_find, caller, image_id, replayed)


def _request(caller: Caller, arguments: GenerationArguments) -> Present:
    asked = generation.request(caller, arguments)
    return Present(asked.image, links.image_url(asked.image), asked.balance, asked.replayed)


def _find(caller: Caller, image_id: str | uuid.UUID, replayed: bool) -> Present:
    image = generation.find(caller, image_id)
    return Present(image, links.image_url(image), usage.balance(caller), replayed)
