"""Erases a user's images when the account is deleted."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import User
from billing import ledger
from images.failures import AccountDeleted, Cancelled
from images.models import Export, Image, ImageCount, Upload
from images.storage import files
from images.webhooks import removal
from images.worker import attempts

# Files of further images are left to the reconciler, so that the deletion takes seconds for an account of any size.
FILES_REMOVED_MAX_IMAGES = 200


def erase_images(user: User, **_: Any) -> None:
    """End the user's unfinished images with a refund, erase all images, expire exports and close webhooks.

    Ledger entries remain. Runs in the transaction that deletes the account. Files are removed after the commit.
    """
    ledger.lock(user.id)
    ended_ids = _end_unfinished(user.id)
    images = Image.objects.with_content_of(user.id)
    ids_with_files = list(images.exclude(picture_name="").values_list("id", flat=True)[:FILES_REMOVED_MAX_IMAGES])
    images.erase_content()
    # Images that the user had deleted still name the key and the client.
    Image.objects.filter(user_id=user.id).exclude(api_key_name="", client="").update(api_key_name="", client="")
    # A worker may still write files of these images. With equal times the reconciler waits until every attempt has
    # ended; with a later deletion it would remove the files at once (reconciliation.py:_sweep).
    Image.objects.filter(pk__in=ended_ids).update(deleted_at=F("finished_at"))
    ImageCount.objects.filter(user_id=user.id).delete()
    Export.objects.filter(user=user).update(expires_at=Now())
    Upload.objects.filter(user=user).update(expires_at=Now())
    # After the events of the images that were ended above.
    removal.close_endpoints(user)
    transaction.on_commit(lambda: _remove_files(ids_with_files), robust=True)


def _end_unfinished(user_id: uuid.UUID) -> list[uuid.UUID]:
    images = list(Image.objects.filter(user_id=user_id).unfinished())
    for image in images:
        attempts.end(image.id, Cancelled() if image.status == Image.Status.QUEUED else AccountDeleted())
    return [image.id for image in images]


def _remove_files(image_ids: list[uuid.UUID]) -> None:
    for image_id in image_ids:
        files.remove(image_id)
        Image.objects.filter(pk=image_id).update(swept_at=Now())
