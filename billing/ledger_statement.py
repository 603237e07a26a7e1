"""A user's whole ledger as CSV, oldest first, in pieces: a million entries need no more memory than ten."""

import uuid
from collections.abc import Iterator
from typing import Final

from accounts.models import ApiKey
from billing.models import LedgerEntry
from infrastructure.csv_export import escape_formula, to_csv

CHUNK_ENTRIES = 1000
HEADINGS: Final = ("Time (UTC)", "Type", "Description", "Reference", "API key", "Credits", "Balance after")


def chunks(user_id: uuid.UUID) -> Iterator[bytes]:
    """Return the ledger as it is now, as pieces of UTF-8 text; each piece is one query."""
    yield to_csv([HEADINGS])
    names = {key.pk: str(key) for key in ApiKey.objects.filter(user_id=user_id)}
    position = 0
    while entries := _after(user_id, position):
        yield to_csv(_row(entry, names) for entry in entries)
        position = entries[-1].position


def _after(user_id: uuid.UUID, position: int) -> list[LedgerEntry]:
    entries = LedgerEntry.objects.filter(account__user_id=user_id, position__gt=position)
    return list(entries.order_by("position")[:CHUNK_ENTRIES])


def _row(entry: LedgerEntry, key_names: dict[uuid.UUID, str]) -> tuple[object, ...]:
    return (
        f"{entry.created_at:%Y-%m-%d %H:%M:%S}",
        entry.type,
        escape_formula(entry.description),
        entry.reference_id or "",
        escape_formula(key_names.get(entry.api_key_id, "")) if entry.api_key_id else "",
        entry.amount,
        entry.balance_after,
    )
