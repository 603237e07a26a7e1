"""CSV export of the ledger: complete, in chunks and safe to open in a spreadsheet."""

import csv
import html
import io
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client

from accounts import api_keys
from accounts.models import User
from billing import ledger, ledger_statement
from billing.models import CreditAccount
from billing.usage import LedgerFilter
from images import generation
from images.statistics import ledger_csv
from tests.factories import caller_of, queued_image
from tests.rendered import words
from tests.website.dashboard.test_gallery import request_image

pytestmark = pytest.mark.django_db

PATH = "/dashboard/usage/ledger.csv"
QUERIES = (
    *("", "?type=grant", "?model=openai:gpt-image-2", "?period=dates&until=2020-01-31"),
    *("?key={key}", "?reference={image}"),
)
MANY = """
WITH added AS (
    INSERT INTO billing_ledgerentry (account_id, position, type, amount, balance_after, description, created_at)
    SELECT id, entry_count + number, 'grant', 1, balance + number, 'again', now()
    FROM billing_creditaccount, generate_series(1, %(entries)s) AS number WHERE user_id = %(user)s
)
UPDATE billing_creditaccount SET balance = balance + %(entries)s, entry_count = entry_count + %(entries)s
WHERE user_id = %(user)s
"""


def csv_of(client: Client, query: str = "") -> bytes:
    response: Any = client.get(PATH + query)
    return async_to_sync(_content)(response)


async def _content(response: Any) -> bytes:
    return b"".join([chunk async for chunk in response])


def rows_of(user: User, filters: LedgerFilter = LedgerFilter()) -> list[list[str]]:  # noqa: B008 - immutable
    return list(csv.reader(io.StringIO(b"".join(ledger_csv.chunks(caller_of(user), filters)).decode())))


def test_a_row_contains_the_entry(alice: User) -> None:
    heading, row = rows_of(alice)
    assert heading == [
        *("Time (UTC)", "Entry", "Description", "Reference", "Created by", "Client", "Credits", "Balance after")
    ]
    assert row[1:] == ["Grant", "to begin with", "", "", "", "100", "100"]


def test_a_charge_contains_the_image_id_the_client_and_no_prompt(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    image = request_image(alice, "a very private lake", key, client="claude-code/2.1.4")
    description = "Image with openai:gpt-image-2"
    assert rows_of(alice)[-1][1:] == [*("Charge", description, str(image.id), "Laptop", "Claude Code", "-5", "95")]
    assert b"private" not in b"".join(ledger_csv.chunks(caller_of(alice), LedgerFilter()))


def test_an_image_of_the_dashboard_is_made_by_the_dashboard(alice: User) -> None:
    queued_image(alice)
    assert rows_of(alice)[-1][4:6] == ["Dashboard", ""]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)"])
def test_formulas_are_escaped(alice: User, name: str) -> None:
    request_image(alice, key=api_keys.create(alice, name=name)[0], client=name)
    ledger.grant(alice.pk, amount=1, reason=name)
    charge, grant = rows_of(alice)[-2:]
    assert grant[2] == f"'{name}"
    assert charge[4] == f"'{name}"
    assert charge[5].startswith("'")


def test_ten_thousand_entries_take_one_query_per_chunk(alice: User, django_assert_num_queries: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(MANY, {"user": alice.pk, "entries": 9_999})
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert CreditAccount.objects.get(user=alice).entry_count == 10_000
    with django_assert_num_queries(10_000 // ledger_statement.CHUNK_ENTRIES + 1):
        chunks = list(ledger_csv.chunks(caller_of(alice), LedgerFilter()))
    assert len(chunks) == 1 + 10_000 // ledger_statement.CHUNK_ENTRIES
    assert b"".join(chunks).count(b"\r\n") == 10_001


def test_entries_of_other_users_are_not_included(alice: User, bob: User) -> None:
    ledger.grant(bob.pk, amount=7, reason="for Bob")
    assert len(rows_of(alice)) == 2


def export_link(client: Client, query: str) -> str:
    page = client.get("/dashboard/usage/" + query).content.decode()
    return html.unescape(page.split(f'href="{PATH}')[1].split('"')[0])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("query", QUERIES)
def test_the_file_contains_the_entries_that_the_page_shows(client: Client, alice: User, query: str) -> None:
    key, _ = api_keys.create(alice, name="Laptop")
    image = request_image(alice, key=key)
    request_image(alice, modelId="google:gemini-2.5-flash-image")
    query = query.format(key=key.pk, image=image.pk)
    client.force_login(alice)
    lines = client.get("/dashboard/usage/" + query).context["lines"]
    rows = list(csv.reader(io.StringIO(csv_of(client, export_link(client, query)).decode("utf-8-sig"))))[1:]
    assert [row[1:3] for row in reversed(rows)] == [
        [line.entry.get_type_display(), line.entry.description] for line in lines
    ]


def test_the_key_of_another_user_is_not_found(client: Client, alice: User, bob: User) -> None:
    key, _ = api_keys.create(bob, name="Bob's")
    client.force_login(alice)
    assert client.get(f"{PATH}?key={key.pk}").status_code == 404


@pytest.mark.django_db(transaction=True)
async def test_the_file_is_streamed(alice: User) -> None:
    client = AsyncClient()
    await client.aforce_login(alice)
    response: Any = await client.get(PATH)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="get-images-ledger-')
    body = b"".join([chunk async for chunk in response])
    assert body.startswith(b"\xef\xbb\xbfTime (UTC),Entry,")
    assert body.endswith(b",Grant,to begin with,,,,100,100\r\n")


def test_a_refund_is_described_in_the_words_of_the_page(client: Client, alice: User) -> None:
    image = queued_image(alice)
    generation.cancel(caller_of(alice), image.pk)
    client.force_login(alice)
    (refund,) = [row for row in rows_of(alice) if row[1] == "Refund"]
    assert refund[2] == "Cancelled before it started"
    assert refund[2] in words(client.get("/dashboard/usage/"))
