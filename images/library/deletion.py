"""Deletion of selected images, which can be undone for a short time.

A deletion hides the images everywhere at once and leaves their content. The reconciler erases it when the time is over,
so that an image is erased even if the page that deleted it is closed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Now

from accounts.authentication import Caller
from images.library.selection import Selection
from images.models import Image
from infrastructure import database_clock

# How long a page offers to undo.
UNDO_SECONDS: Final = 10
# Leaves time for a request that is sent in the last of these seconds.
ERASE_AFTER: Final = timedelta(seconds=UNDO_SECONDS + 5)
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Deletion:
    """How many images were deleted, how many were kept because they are unfinished, and the time of the erasure.

    The time identifies the deletion for `undo`.
    """

    count: int
    unfinished: int
    erase_at: datetime


@transaction.atomic
def delete(selection: Selection) -> Deletion:
    """Delete the selected images that are final. They are erased after ERASE_AFTER; their ledger entries remain."""
    now = database_clock.now()
    selected = selection.images().order_by()
    unfinished = selected.unfinished().count()
    deleted = selected.filter(finished_at__isnull=False).update(deleted_at=now, erase_at=now + ERASE_AFTER)
    return Deletion(deleted, unfinished, now + ERASE_AFTER)


def undo(caller: Caller, erase_at: datetime) -> int:
    """Restore the images of one deletion, if they are not erased yet; return their number."""
    return Image.objects.filter(user_id=caller.user_id, erase_at=erase_at).update(deleted_at=None, erase_at=None)


def restorable(caller: Caller, erase_at: datetime) -> int:
    """Return how many images of one deletion `undo` would restore."""
    return Image.objects.filter(user_id=caller.user_id, erase_at=erase_at).count()


def erase_due() -> int:
    """Erase the content of the images that are due; return their number. The reconciler removes their files."""
    erased = 0
    while count := _erase_batch():
        erased += count
    return erased


@transaction.atomic
def _erase_batch() -> int:
    # The lock makes an undo of the same moment wait, which then finds no image to restore.
    due = Image.objects.filter(erase_at__lte=Now()).select_for_update(skip_locked=True)
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    return Image.objects.filter(pk__in=ids).erase_content() if ids else 0
