"""CSV files that spreadsheets read as UTF-8 and in which they evaluate nothing."""

from typing import Any

import pytest

from infrastructure.csv_export import csv_response, escape_formula, to_csv

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("prefix", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_the_start_of_a_formula_is_escaped(prefix: str) -> None:
    assert escape_formula(f"{prefix}1+1") == f"'{prefix}1+1"


def test_other_text_is_unchanged(db: None) -> None:
    assert escape_formula("a=1 \uff1d") == "a=1 \uff1d"


async def test_a_file_starts_with_a_byte_order_mark() -> None:
    response: Any = csv_response(iter([to_csv([("“Ä”",)])]), filename="a.csv")
    assert b"".join([chunk async for chunk in response]).decode("utf-8") == "\ufeff“Ä”\r\n"
