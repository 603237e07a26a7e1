"""Ledger entries joined with their images, for the usage page."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from accounts.authentication import Caller
from billing import ledger
from billing.models import LedgerEntry
from images.failures import FAILURE_SUMMARIES
from images.models import Image

# Texts for the reasons of refunds; another reason is shown as the entry's description.
REFUND_REASONS: Final = {**FAILURE_SUMMARIES, ledger.STAFF_REASON: "Refunded by support"}


class LedgerLine(NamedTuple):
    """A ledger entry with its image, None if the entry has none."""

    entry: LedgerEntry
    image: Image | None

    @property
    def is_unfinished(self) -> bool:
        """Whether the entry charges for an image that is not final."""
        is_charge = self.entry.type == LedgerEntry.Type.GENERATION
        return is_charge and self.image is not None and not self.image.is_final

    @property
    def refund_reason(self) -> str:
        """The reason of an image's refund; empty for any other entry."""
        if self.image is None or self.entry.type != LedgerEntry.Type.REFUND:
            return ""
        return REFUND_REASONS.get(self.entry.reason, self.entry.description)


def with_images(caller: Caller, entries: Sequence[LedgerEntry]) -> list[LedgerLine]:
    """Return these entries of the caller with their images, in the same order."""
    # Includes deleted images: their rows still name the model.
    images = Image.objects.filter(user_id=caller.user_id).in_bulk({e.reference_id for e in entries if e.reference_id})
    return [LedgerLine(entry, images.get(entry.reference_id) if entry.reference_id else None) for entry in entries]
