"""A user's ledger in chunks, oldest entry first, so that an export takes constant memory."""

import uuid
from collections.abc import Iterator
from typing import Final

from billing import usage
from billing.models import LedgerEntry
from billing.usage import LedgerFilter

CHUNK_ENTRIES: Final = 1000


def chunks(user_id: uuid.UUID, filters: LedgerFilter) -> Iterator[list[LedgerEntry]]:
    """Yield the matching entries of the user, up to CHUNK_ENTRIES per query."""
    matches = usage.matching_entries(user_id, filters).order_by("position")
    position = 0
    while entries := list(matches.filter(position__gt=position)[:CHUNK_ENTRIES]):
        yield entries
        position = entries[-1].position
        if len(entries) < CHUNK_ENTRIES:
            return
