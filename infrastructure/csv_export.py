"""Rows as CSV that spreadsheets open safely."""

import csv
import io
from collections.abc import Iterator
from typing import Final

# What a spreadsheet would take for the beginning of a formula.
FORMULA_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def escape_formula(text: str) -> str:
    """Return text that no spreadsheet runs as a formula: with an apostrophe before what would begin one."""
    return f"'{text}" if text.startswith(FORMULA_BEGINNINGS) else text


def to_csv(rows: Iterator[tuple[object, ...]] | list[tuple[str, ...]]) -> bytes:
    """Return rows as lines of CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
