"""CSV output that is safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from typing import Final

# A spreadsheet evaluates a cell that starts with one of these characters as a formula.
FORMULA_PREFIXES: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def escape_formula(text: str) -> str:
    """Return the text, with a leading apostrophe if a spreadsheet would evaluate it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text


def to_csv(rows: Iterator[tuple[object, ...]] | list[tuple[str, ...]]) -> bytes:
    """Return the rows as UTF-8 encoded CSV."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
