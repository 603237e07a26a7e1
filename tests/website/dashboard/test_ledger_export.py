"""CSV export of the ledger: complete, in chunks and safe to open in a spreadsheet."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import AsyncClient

from accounts import api_keys
from accounts.models import User
from billing import ledger, ledger_statement
from billing.models import CreditAccount
from tests.factories import queued_image

pytestmark = pytest.mark.django_db

PATH = "/dashboard/usage/ledger.csv"
MANY = """
WITH added AS (
    INSERT INTO billing_ledgerentry (account_id, position, type, amount, balance_after, description, created_at)
    SELECT id, entry_count + number, 'grant', 1, balance + number, 'again', now()
    FROM billing_creditaccount, generate_series(1, %(entries)s) AS number WHERE user_id = %(user)s
)
UPDATE billing_creditaccount SET balance = balance + %(entries)s, entry_count = entry_count + %(entries)s
WHERE user_id = %(user)s
"""


def rows_of(user: User) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(ledger_statement.chunks(user.pk)).decode())))


def test_a_row_contains_the_entry(alice: User) -> None:
    heading, row = rows_of(alice)
    assert heading == ["Time (UTC)", "Type", "Description", "Reference", "API key", "Credits", "Balance after"]
    assert row[1:] == ["grant", "to begin with", "", "", "100", "100"]


def test_a_charge_contains_the_image_id_and_no_prompt(alice: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    image = queued_image(alice, "a very private lake")
    assert rows_of(alice)[-1][1:] == ["generation", "Image with openai:gpt-image-2", str(image.id), "", "-5", "95"]
    assert b"private" not in b"".join(ledger_statement.chunks(alice.pk))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_formulas_are_escaped(alice: User, name: str) -> None:
    key, _ = api_keys.create(alice, name=name)
    ledger.charge(alice.pk, credits=1, reference_id=key.pk, description=name, api_key_id=key.pk)
    row = rows_of(alice)[-1]
    assert row[2] == f"'{name}"
    assert row[4].startswith(f"'{name}")


def test_ten_thousand_entries_take_one_query_per_chunk(alice: User, django_assert_num_queries: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"user": alice.pk, "entries": 9_999})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert CreditAccount.objects.get(user=alice).entry_count == 10_000
    with django_assert_num_queries(1 + 10_000 // ledger_statement.CHUNK_ENTRIES + 1):
        chunks = list(ledger_statement.chunks(alice.pk))
    assert len(chunks) == 1 + 10_000 // ledger_statement.CHUNK_ENTRIES
    assert b"".join(chunks).count(b"\r\n") == 10_001


def test_entries_of_other_users_are_not_included(alice: User, bob: User) -> None:
    ledger.grant(bob.pk, amount=7, reason="for Bob")
    assert len(rows_of(alice)) == 2


@pytest.mark.django_db(transaction=True)
async def test_the_file_is_streamed(alice: User) -> None:
    client = AsyncClient()
    await client.aforce_login(alice)
    response: Any = await client.get(PATH)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="get-images-ledger-')
    body = b"".join([chunk async for chunk in response])
    assert body.endswith(b",grant,to begin with,,,100,100\r\n")
