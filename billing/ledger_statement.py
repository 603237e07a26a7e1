"""CSV export of a user's ledger in chunks, oldest entry first, with constant memory use."""

import uuid
from collections.abc import Iterator
from typing import Final

from accounts.models import ApiKey
from billing.models import LedgerEntry
from infrastructure.csv_export import escape_formula, to_csv

CHUNK_ENTRIES: Final = 1000
HEADINGS: Final = ("Time (UTC)", "Type", "Description", "Reference", "API key", "Credits", "Balance after")


def chunks(user_id: uuid.UUID) -> Iterator[bytes]:
    """Yield the user's ledger as UTF-8 CSV: the headings, then up to CHUNK_ENTRIES entries per query."""
    yield to_csv([HEADINGS])
    key_names = {key.pk: str(key) for key in ApiKey.objects.filter(user_id=user_id)}
    position = 0
    while entries := _entries_after(user_id, position):
        yield to_csv(_row(entry, key_names) for entry in entries)
        position = entries[-1].position


def _entries_after(user_id: uuid.UUID, position: int) -> list[LedgerEntry]:
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
