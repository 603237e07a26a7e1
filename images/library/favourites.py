"""Favourites: add images to them and remove images from them."""

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
    """Mark an image as a favourite; no change if it already is one.

    Raises:
        ImageNotFound: The caller has no such image.
    """
    image = generation.find(caller, image_id)
    Image.objects.filter(pk=image.pk, deleted_at=None, favourited_at=None).update(favourited_at=Now())


def remove(caller: Caller, image_id: str | uuid.UUID) -> None:
    """Remove an image from the favourites; no change if it is not one.

    Raises:
        ImageNotFound: The caller has no such image.
    """
    image = generation.find(caller, image_id)
    Image.objects.filter(pk=image.pk).update(favourited_at=None)


def add_all(selection: Selection) -> FavouriteChange:
    """Mark the selected images as favourites, except those that already are."""
    at = database_clock.now()
    others = selection.images().order_by().filter(favourited_at=None)
    return FavouriteChange(others.update(favourited_at=at), at)


def remove_all(selection: Selection) -> int:
    """Remove the selected images from the favourites; return how many were favourites."""
    favourites = selection.images().order_by().filter(favourited_at__isnull=False)
    return favourites.update(favourited_at=None)


def undo(caller: Caller, at: datetime) -> int:
    """Undo one `add_all`: remove its images from the favourites and return their number."""
    return Image.objects.owned_by(caller.user_id).filter(favourited_at=at).update(favourited_at=None)
