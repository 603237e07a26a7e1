"""What becomes of a user's images when the account is deleted."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from billing import ledger
from images.exceptions import AccountDeleted, Cancelled
from images.models import Export, Image, ImageCount
from images.storage import files
from images.worker import attempts

# More than these are left to the reconciler, so that a deletion takes seconds whatever the account holds.
REMOVED_AT_ONCE = 200


def erase_images(user: User, **_: Any) -> None:
    """End what is under way with a refund, and take words, links and files of every image; the ledger stays.

    Runs in the transaction that deletes the account. Files go when it is committed.
    """
    ledger.lock(user.id)
    ended = _end_unfinished(user.id)
    now = timezone.now()
    images = Image.objects.owned_by(user.id)
    with_files = list(images.exclude(picture_name="").values_list("id", flat=True)[:REMOVED_AT_ONCE])
    images.update(
        prompt="",
        style="",
        error_message="",
        idempotency_key=None,
        picture_name="",
        thumbnail_name="",
        deleted_at=now,
        swept_at=None,
    )
    # A worker may be about to write bytes of these: the reconciler sweeps them when no attempt can live any more.
    Image.objects.filter(pk__in=ended).update(deleted_at=F("finished_at"))
    ImageCount.objects.filter(user_id=user.id).delete()
    Export.objects.filter(user=user).update(expires_at=now)
    transaction.on_commit(lambda: _remove_files(with_files), robust=True)


def _end_unfinished(user_id: uuid.UUID) -> list[uuid.UUID]:
    unfinished = list(Image.objects.filter(user_id=user_id).unfinished())
    for image in unfinished:
        attempts.end(image.id, Cancelled() if image.status == Image.Status.QUEUED else AccountDeleted())
    return [image.id for image in unfinished]


def _remove_files(image_ids: list[uuid.UUID]) -> None:
    for image_id in image_ids:
        files.remove(image_id)
        Image.objects.filter(pk=image_id).update(swept_at=timezone.now())
