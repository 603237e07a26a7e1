"""Lookup of images by id, restricted to those of the signed-in user."""

from django.http import Http404

from accounts.authentication import Caller
from accounts.models import User
from images import generation
from images.exceptions import ImageNotFound
from images.models import Image
from images.schemas import UUID_PATTERN


def get_own_image(user: User, image_id: object) -> Image:
    """Return one of the user's images.

    Raises:
        Http404: The id is malformed, or the user has no image with this id.
    """
    if not UUID_PATTERN.fullmatch(str(image_id)):
        raise Http404
    try:
        return generation.find(Caller.in_dashboard(user), str(image_id))
    except ImageNotFound as error:
        raise Http404 from error


def was_deleted(user: User, image_id: str) -> bool:
    """Return whether this is the id of an image that the user has deleted."""
    if not UUID_PATTERN.fullmatch(image_id):
        return False
    return Image.objects.filter(pk=image_id, user_id=user.pk, deleted_at__isnull=False).exists()
