"""A user's ledger as CSV: the entries that match a filter, with the API key and the client of each image."""

from collections.abc import Iterator
from typing import Final

from accounts import user_agents
from accounts.authentication import Caller
from billing import ledger_statement
from billing.usage import LedgerFilter
from images.statistics import ledger_lines
from images.statistics.ledger_lines import LedgerLine
from infrastructure.csv_export import escape_formula, to_csv

HEADINGS: Final = (
    *("Time (UTC)", "Entry", "Description", "Reference", "Created by", "Client", "Credits", "Balance after"),
)


def chunks(caller: Caller, filters: LedgerFilter) -> Iterator[bytes]:
    """Yield the matching entries of the caller as UTF-8 CSV, oldest first: the headings, then a chunk per query."""
    yield to_csv([HEADINGS])
    for entries in ledger_statement.chunks(caller.user_id, filters):
        yield to_csv(_row(line) for line in ledger_lines.with_images(caller, entries))


def _row(line: LedgerLine) -> tuple[object, ...]:
    entry, image = line.entry, line.image
    return (
        f"{entry.created_at:%Y-%m-%d %H:%M:%S}",
        entry.get_type_display(),
        escape_formula(line.refund_reason or entry.description),
        entry.reference_id or "",
        escape_formula(image.made_by) if image else "",
        escape_formula(user_agents.client_name(image.client)) if image else "",
        entry.amount,
        entry.balance_after,
    )
