"""Favourites: mark images, and take the mark away."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Now

from accounts.authentication import Caller
from images import generation
from images.library.selection import Selection
from images.models import Image
from infrastructure import database_clock


@dataclass(frozen=True, slots=True)
class FavouriteChange:
    """How many images became favourites, and the time that identifies them."""

    count: int
    at: datetime


def add(caller: Caller, image_id: str | uuid.UUID) -> None:
    """Make an image a favourite; no change if it is one.

    Raises:
        ImageNotFound: The caller has no such image.
    """
    image = generation.find(caller, image_id)
    Image.objects.filter(pk=image.pk, deleted_at=None, favourited_at=None).update(favourited_at=Now())


def remove(caller: Caller, image_id: str | uuid.UUID) -> None:
    """Take an image out of the favourites; no change if it is none.

    Raises:
        ImageNotFound: The caller has no such image.
    """
    image = generation.find(caller, image_id)
    Image.objects.filter(pk=image.pk).update(favourited_at=None)


def add_all(selection: Selection) -> FavouriteChange:
    """Make the selected images favourites, except those that are."""
    at = database_clock.now()
    others = selection.images().order_by().filter(favourited_at=None)
    return FavouriteChange(others.update(favourited_at=at), at)


def remove_all(selection: Selection) -> int:
    """Take the selected images out of the favourites; return how many were favourites."""
    favourites = selection.images().order_by().filter(favourited_at__isnull=False)
    return favourites.update(favourited_at=None)


def undo(caller: Caller, at: datetime) -> int:
    """Take the images of one `add_all` out of the favourites again; return their number."""
    return Image.objects.owned_by(caller.user_id).filter(favourited_at=at).update(favourited_at=None)
