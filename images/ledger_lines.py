"""Lines of the ledger with what they paid for: the image, and the key that asked for it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from accounts.authentication import Caller
from accounts.models import ApiKey
from billing import ledger
from billing.models import LedgerEntry
from images.models import Image

# Texts for the reasons of refunds; another reason is shown as the entry's description.
REASONS: Final = {
    "cancelled": "Cancelled before it was begun",
    "moderation_rejected": "Declined by the provider",
    "provider_error": "The provider failed",
    "model_unavailable": "The provider no longer offers the model",
    "timed_out": "It took too long",
    ledger.STAFF_REASON: "Refunded by support",
}


class LedgerLine(NamedTuple):
    """An entry, the image that it is about, and the key that spent; either may be missing."""

    entry: LedgerEntry
    image: Image | None
    key: ApiKey | None

    @property
    def is_unfinished(self) -> bool:
        """Whether it pays for an image that is still to be made."""
        charges = self.entry.type == LedgerEntry.Type.GENERATION
        return charges and self.image is not None and not self.image.is_final

    @property
    def why(self) -> str:
        """Why credits of an image came back; "" of any other entry."""
        if self.image is None or self.entry.type != LedgerEntry.Type.REFUND:
            return ""
        return REASONS.get(self.entry.reason, self.entry.description)


def with_images(caller: Caller, entries: Sequence[LedgerEntry]) -> list[LedgerLine]:
    """Return these entries of the caller's with their images and keys, in the same order."""
    # Deleted images too: their rows still say with which model they were made.
    images = Image.objects.filter(user_id=caller.user_id).in_bulk({e.reference_id for e in entries if e.reference_id})
    keys = ApiKey.objects.filter(user_id=caller.user_id).in_bulk({e.api_key_id for e in entries if e.api_key_id})
    return [
        LedgerLine(
            entry,
            images.get(entry.reference_id) if entry.reference_id else None,
            keys.get(entry.api_key_id) if entry.api_key_id else None,
        )
        for entry in entries
    ]
