"""Audit of the ledger: one SQL query per rule, each of which returns every breach of that rule.

A query returns rows of (subject, problem). PostgreSQL does the comparison and a server-side cursor fetches the rows, so
memory use does not depend on the number of entries.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection, transaction

BATCH_ROWS = 1000

COUNTS: Final = {
    "accounts": "SELECT count(*) FROM billing_creditaccount",
    "entries": "SELECT count(*) FROM billing_ledgerentry",
    "credits outstanding": "SELECT COALESCE(sum(balance), 0) FROM billing_creditaccount",
    "credits owed": "SELECT COALESCE(sum(owed), 0) FROM billing_creditaccount",
    "paid purchases": "SELECT count(*) FROM billing_purchase WHERE status = 'paid'",
}

CHECKS: Final = {
    "each balance equals the sum of its entries": """
        SELECT 'account ' || a.id, format('balance %s, sum of entries %s', a.balance, COALESCE(e.total, 0))
        FROM billing_creditaccount a
        LEFT JOIN (SELECT account_id, sum(amount) AS total FROM billing_ledgerentry GROUP BY account_id) e
            ON e.account_id = a.id
        WHERE a.balance <> COALESCE(e.total, 0)
    """,
    "each account's entry count equals its number of entries": """
        SELECT 'account ' || a.id, format('entry count %s, entries %s', a.entry_count, COALESCE(e.entries, 0))
        FROM billing_creditaccount a
        LEFT JOIN (SELECT account_id, count(*) AS entries FROM billing_ledgerentry GROUP BY account_id) e
            ON e.account_id = a.id
        WHERE a.entry_count <> COALESCE(e.entries, 0)
    """,
    "each entry continues from the previous entry": """
        SELECT 'entry ' || id, format('position %s, balance %s, before it %s', position, balance_after, balance_before)
        FROM (
            SELECT id, position, amount, balance_after,
                   COALESCE(lag(balance_after) OVER one_account, 0) AS balance_before,
                   COALESCE(lag(position) OVER one_account, 0) AS position_before
            FROM billing_ledgerentry
            WINDOW one_account AS (PARTITION BY account_id ORDER BY position)
        ) AS entries
        WHERE balance_before + amount <> balance_after OR position_before + 1 <> position
    """,
    "no balance is negative": """
        SELECT 'entry ' || id, format('balance %s', balance_after) FROM billing_ledgerentry WHERE balance_after < 0
        UNION ALL
        SELECT 'account ' || id, format('balance %s', balance) FROM billing_creditaccount WHERE balance < 0
    """,
    "no image is charged or refunded twice, and no purchase is credited twice": """
        SELECT 'reference ' || COALESCE(reference_id::text, 'none'), format('%s entries of type %s', count(*), type)
        FROM billing_ledgerentry
        WHERE type IN ('generation', 'refund', 'purchase')
        GROUP BY reference_id, type HAVING count(*) > 1 OR reference_id IS NULL
    """,
    "each refund returns one charge in full to the same account and key": """
        SELECT 'entry ' || r.id, format('refund of %s for %s', r.amount, r.reference_id)
        FROM billing_ledgerentry r
        LEFT JOIN billing_ledgerentry c ON c.reference_id = r.reference_id AND c.type = 'generation'
        WHERE r.type = 'refund'
          AND (c.id IS NULL OR c.amount <> -r.amount OR c.account_id <> r.account_id
               OR c.api_key_id IS DISTINCT FROM r.api_key_id)
    """,
    "each key's monthly spending equals its charges minus their refunds": """
        SELECT format('key %s, %s', COALESCE(s.api_key_id, e.api_key_id), COALESCE(s.month, e.month)),
               format('counted %s, entries %s', COALESCE(s.spent, 0), COALESCE(e.spent, 0))
        FROM billing_keyspending s
        FULL JOIN (
            SELECT c.api_key_id, date_trunc('month', c.created_at AT TIME ZONE 'UTC')::date AS month,
                   -sum(c.amount) - COALESCE(sum(r.amount), 0) AS spent
            FROM billing_ledgerentry c
            LEFT JOIN billing_ledgerentry r ON r.reference_id = c.reference_id AND r.type = 'refund'
            WHERE c.type = 'generation' AND c.api_key_id IS NOT NULL
            GROUP BY 1, 2
        ) e ON e.api_key_id = s.api_key_id AND e.month = s.month
        WHERE COALESCE(s.spent, 0) <> COALESCE(e.spent, 0)
    """,
    "each paid purchase is credited in full to its account, and no other purchase is credited": """
        SELECT 'purchase ' || COALESCE(p.id, e.reference_id),
               format('%s, %s credits, credited %s', COALESCE(p.status, 'unknown'), p.credits, COALESCE(e.amount, 0))
        FROM (SELECT * FROM billing_ledgerentry WHERE type = 'purchase') e
        FULL JOIN billing_purchase p ON p.id = e.reference_id
        WHERE (p.status = 'paid') IS DISTINCT FROM (e.id IS NOT NULL)
           OR e.amount <> p.credits OR e.account_id <> p.account_id
    """,
    "credits clawed back match the money returned, rounded down": """
        SELECT 'purchase ' || id,
               format('%s of %s cents back, %s credits taken', refunded_cents + disputed_cents, price_cents,
                      credits_taken_back)
        FROM billing_purchase
        WHERE status = 'paid' AND credits_taken_back <> LEAST(
            credits::bigint, credits::bigint * (refunded_cents::bigint + disputed_cents) / price_cents)
    """,
    "credits owed equal the credits that could not be clawed back": """
        SELECT 'account ' || a.id, format('owed %s, missing %s', a.owed, COALESCE(p.due, 0) - COALESCE(e.taken, 0))
        FROM billing_creditaccount a
        LEFT JOIN (SELECT account_id, sum(credits_taken_back) AS due FROM billing_purchase GROUP BY account_id) p
            ON p.account_id = a.id
        LEFT JOIN (
            SELECT account_id, -sum(amount) AS taken FROM billing_ledgerentry
            WHERE type = 'chargeback' OR type = 'adjustment' AND reference_id IS NOT NULL
            GROUP BY account_id
        ) e ON e.account_id = a.id
        WHERE a.owed <> COALESCE(p.due, 0) - COALESCE(e.taken, 0)
    """,
}


@dataclass(frozen=True, slots=True)
class Breach:
    """One violation of a rule: the rule, the row that violates it and the conflicting values."""

    rule: str
    subject: str
    problem: str


def counts(queries: Mapping[str, str] = COUNTS) -> dict[str, int]:
    """Return the number of rows or credits that an audit covers, by name."""
    numbers = {}
    with connection.cursor() as cursor:
        for name, query in queries.items():
            cursor.execute(query)
            numbers[name] = int(cursor.fetchone()[0])
    return numbers


def breaches(checks: Mapping[str, str] = CHECKS) -> Iterator[Breach]:
    """Yield every breach of these rules.

    Each rule is one statement and therefore reads one consistent snapshot, even during concurrent writes.
    """
    for rule, query in checks.items():
        with transaction.atomic(), connection.chunked_cursor() as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(BATCH_ROWS):
                yield from (Breach(rule, subject, problem) for subject, problem in rows)
