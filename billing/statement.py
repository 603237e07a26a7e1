"""A user's whole ledger as CSV, oldest first, in pieces: a million entries need no more memory than ten."""

import csv
import io
import uuid
from collections.abc import Iterator
from typing import Final

from accounts.models import ApiKey
from billing.models import LedgerEntry

CHUNK_ENTRIES = 1000
HEADINGS: Final = ("Time (UTC)", "Type", "Description", "Reference", "API key", "Credits", "Balance after")
# What a spreadsheet would take for the beginning of a formula.
FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def chunks(user_id: uuid.UUID) -> Iterator[bytes]:
    """Return the ledger as it is now, as pieces of UTF-8 text; each piece is one query."""
    yield as_csv([HEADINGS])
    names = {key.pk: str(key) for key in ApiKey.objects.filter(user_id=user_id)}
    position = 0
    while entries := _after(user_id, position):
        yield as_csv(_row(entry, names) for entry in entries)
        position = entries[-1].position


def _after(user_id: uuid.UUID, position: int) -> list[LedgerEntry]:
    entries = LedgerEntry.objects.filter(account__user_id=user_id, position__gt=position)
    return list(entries.order_by("position")[:CHUNK_ENTRIES])


def _row(entry: LedgerEntry, key_names: dict[uuid.UUID, str]) -> tuple[object, ...]:
    return (
        f"{entry.created_at:%Y-%m-%d %H:%M:%S}",
        entry.type,
        harmless(entry.description),
        entry.reference_id or "",
        harmless(key_names.get(entry.api_key_id, "")) if entry.api_key_id else "",
        entry.amount,
        entry.balance_after,
    )


def harmless(text: str) -> str:
    """Return text that no spreadsheet runs as a formula: with an apostrophe before what would begin one."""
    return f"'{text}" if text.startswith(FORMULA_BEGINNINGS) else text


def as_csv(rows: Iterator[tuple[object, ...]] | list[tuple[str, ...]]) -> bytes:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
