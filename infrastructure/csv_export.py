"""CSV files: rows as text that spreadsheets open safely, streamed to the client in chunks."""

import codecs
import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Final

from django.http import StreamingHttpResponse

from infrastructure import database

# Spreadsheets evaluate a cell that starts with one of these characters as a formula. Those with an East Asian locale
# read the full-width forms like the ASCII characters.
FULL_WIDTH_PREFIXES: Final = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
FORMULA_PREFIXES: Final = ("=", "+", "-", "@", "\t", "\r", "\n", *FULL_WIDTH_PREFIXES)
END_OF_CHUNKS: Final = b""


def escape_formula(text: str) -> str:
    """Return text that no spreadsheet evaluates: an apostrophe precedes the start of a formula."""
    return f"'{text}" if text.startswith(FORMULA_PREFIXES) else text


def to_csv(rows: Iterator[tuple[object, ...]] | list[tuple[str, ...]]) -> bytes:
    """Return rows as UTF-8 lines of CSV."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def csv_response(chunks: Iterator[bytes], *, filename: str) -> StreamingHttpResponse:
    """Return a response that sends chunks of CSV as a file download, after a byte order mark.

    Without the mark, Excel reads UTF-8 in the encoding of the computer's locale.
    """
    return StreamingHttpResponse(
        _stream(chunks),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )


async def _stream(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the mark and the chunks, fetching each in a database thread only when the previous one is sent."""
    yield codecs.BOM_UTF8
    while chunk := await database.run_blocking(next, chunks, END_OF_CHUNKS):
        yield chunk
