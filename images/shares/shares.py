"""Create, find and revoke the public page of a picture."""

import re
import uuid

from django.conf import settings
from django.urls import reverse

from accounts.authentication import Caller
from images import generation
from images.exceptions import NotReady, ShareNotFound
from images.models import Image, Share

TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def share(caller: Caller, image_id: str | uuid.UUID, *, shows_prompt: bool) -> tuple[Share, bool]:
    """Create the public page of a picture, or change what it shows; return it and whether it is new.

    A page that exists keeps its link.

    Raises:
        ImageNotFound: The caller has no such image.
        NotReady: The image has no picture.
    """
    image = generation.find(caller, image_id)
    if not image.picture_name:
        raise NotReady(image.status, "Only succeeded images have a picture to share.")
    return Share.objects.update_or_create(image=image, defaults={"shows_prompt": shows_prompt})


def find(caller: Caller, image_id: str | uuid.UUID) -> Share:
    """Return the public page of one of the caller's images.

    Raises:
        ImageNotFound: The caller has no such image.
        ShareNotFound: The image has no public page.
    """
    found = of_image(generation.find(caller, image_id))
    if found is None:
        raise ShareNotFound
    return found


def of_image(image: Image) -> Share | None:
    """Return the public page of an image, or None."""
    return Share.objects.filter(image=image).first()


def revoke(caller: Caller, image_id: str | uuid.UUID) -> bool:
    """Delete the public page, effective from the next request to it. Return False if there was none.

    Raises:
        ImageNotFound: The caller has no such image.
    """
    return remove(generation.find(caller, image_id))


def remove(image: Image) -> bool:
    """Delete the public page of an image of any user. Return False if there was none.

    The owner keeps the picture and can create another page.
    """
    deleted, _ = Share.objects.filter(image=image).delete()
    return bool(deleted)


def by_token(token: str) -> Share | None:
    """Return the share with this token, together with its image.

    None if there is none, if it was revoked, if the image was deleted, or while the owner's account is suspended.
    """
    if not TOKEN.fullmatch(token):
        return None
    visible = Share.objects.filter(image__deleted_at=None, image__user__suspended_at=None).exclude(
        image__picture_name=""
    )
    return visible.select_related("image").filter(token=token).first()


def url(share: Share) -> str:
    """Return the absolute URL of the public page."""
    return settings.SITE_URL + reverse("shared-image", args=[share.token])
