"""Every change of a balance: one statement checks it, makes it and writes its entry.

The statements take the account's row lock. Whoever changes other rows in the same transaction locks the account
first (lock), so that two transactions of one user queue up instead of deadlocking.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from billing.exceptions import InsufficientCredits, KeyCapExceeded
from billing.models import CreditAccount, LedgerEntry
from infrastructure import metrics

# The moment is taken when the statement runs, not when its transaction began, and once: the entry and the month
# that its key's spending counts in agree, also at midnight on the last of the month. A step that finds no row stops
# those after it, so that a refused charge leaves nothing behind.
CHARGE = """
WITH moment AS MATERIALIZED (
    SELECT clock_timestamp() AS at
), payer AS (
    SELECT id FROM billing_creditaccount WHERE user_id = %(user)s AND balance >= %(credits)s FOR UPDATE
), spending AS (
    INSERT INTO billing_keyspending AS s (api_key_id, month, spent)
    SELECT %(key)s::uuid, date_trunc('month', at AT TIME ZONE 'UTC')::date, %(credits)s FROM moment, payer
    WHERE %(key)s::uuid IS NOT NULL AND (%(cap)s::bigint IS NULL OR %(credits)s <= %(cap)s)
    ON CONFLICT (api_key_id, month) DO UPDATE SET spent = s.spent + excluded.spent
    WHERE %(cap)s::bigint IS NULL OR s.spent + excluded.spent <= %(cap)s
    RETURNING spent
), changed AS (
    UPDATE billing_creditaccount a SET balance = balance - %(credits)s, entry_count = entry_count + 1
    FROM payer
    WHERE a.id = payer.id AND balance >= %(credits)s AND (%(key)s::uuid IS NULL OR EXISTS (SELECT FROM spending))
    RETURNING a.id, balance, entry_count
)
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, api_key_id, created_at)
SELECT id, entry_count, 'generation', -%(credits)s, balance, %(description)s, %(reference)s, %(key)s, at
FROM changed, moment
RETURNING balance_after, created_at
"""

# Credits that come in settle first what is owed, with an entry of its own right behind theirs: the ledger shows both.
# `income` is one row: the account as it is, locked; the amount; and what the entry says. What the account becomes is
# said in its numbers alone: when others have changed the account while this waited, PostgreSQL first tries the row as
# it was at the statement's beginning, and the constraints would refuse a mixture of the two.
SETTLING = """
changed AS (
    UPDATE billing_creditaccount a SET
        balance = income.balance + income.amount - income.settled,
        owed = income.owed - income.settled,
        entry_count = income.entry_count + 1 + (income.settled > 0)::int,
        alerted_at = CASE WHEN income.tops_up AND income.balance + income.amount - income.settled >= a.alert_level
                          THEN NULL ELSE a.alerted_at END
    FROM income WHERE a.id = income.account_id
    RETURNING a.id, a.balance, a.entry_count
), written AS (
    INSERT INTO billing_ledgerentry
        (account_id, position, type, amount, balance_after, description, reference_id, api_key_id, created_at)
    SELECT id, changed.entry_count - (settled > 0)::int, type, amount, changed.balance + settled, description,
           reference_id, api_key_id, clock_timestamp()
    FROM changed, income
    UNION ALL
    SELECT id, changed.entry_count, 'chargeback', -settled, changed.balance, %(settlement)s, NULL, NULL,
           clock_timestamp()
    FROM changed, income WHERE settled > 0
    RETURNING balance_after, created_at, position
)
SELECT balance_after, created_at FROM written ORDER BY position DESC LIMIT 1
"""
SETTLEMENT = "Settles what was owed"

# A refund undoes the one charge with its reference, and gives the key back what it had spent in that charge's month.
REFUND = f"""
WITH charge AS (
    SELECT account_id, reference_id, api_key_id, -amount AS credits,
           date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month
    FROM billing_ledgerentry WHERE reference_id = %(reference)s AND type = 'generation'
), spending AS (
    UPDATE billing_keyspending s SET spent = s.spent - charge.credits FROM charge
    WHERE s.api_key_id = charge.api_key_id AND s.month = charge.month
), income AS (
    SELECT a.id AS account_id, charge.credits AS amount, LEAST(a.owed, charge.credits) AS settled, 'refund' AS type,
           %(description)s::text AS description, charge.reference_id, charge.api_key_id, FALSE AS tops_up,
           a.balance, a.owed, a.entry_count
    FROM charge JOIN billing_creditaccount a ON a.id = charge.account_id FOR UPDATE OF a
), {SETTLING}"""  # noqa: S608 - joined from constants

ADD = f"""
WITH income AS (
    SELECT id AS account_id, %(amount)s::bigint AS amount, LEAST(owed, GREATEST(%(amount)s, 0)) AS settled,
           %(type)s::text AS type, %(description)s::text AS description, %(reference)s::uuid AS reference_id,
           NULL::uuid AS api_key_id, TRUE AS tops_up, balance, owed, entry_count
    FROM billing_creditaccount
    WHERE (user_id = %(user)s::uuid OR id = %(account)s::bigint) AND balance + %(amount)s >= 0 FOR UPDATE
), {SETTLING}"""  # noqa: S608 - joined from constants

# What the balance holds is taken now; the rest is owed.
TAKE_BACK = """
WITH payer AS (
    SELECT id, balance, owed, entry_count, LEAST(balance, %(credits)s) AS taken
    FROM billing_creditaccount WHERE id = %(account)s FOR UPDATE
), changed AS (
    UPDATE billing_creditaccount a SET
        balance = payer.balance - payer.taken, owed = payer.owed + %(credits)s - payer.taken,
        entry_count = payer.entry_count + (payer.taken > 0)::int
    FROM payer WHERE a.id = payer.id
    RETURNING a.id, a.balance, a.entry_count, payer.taken
)
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, created_at)
SELECT id, entry_count, 'chargeback', -taken, balance, %(description)s, %(reference)s, clock_timestamp()
FROM changed WHERE taken > 0
"""

SPENT_THIS_MONTH = """
SELECT spent FROM billing_keyspending
WHERE api_key_id = %(key)s AND month = date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date
"""


@dataclass(frozen=True, slots=True)
class LedgerReceipt:
    """What a change left behind: the balance after it, in credits, and when it was made."""

    balance_after: int
    created_at: datetime


def lock(user_id: uuid.UUID) -> CreditAccount:
    """Take the user's account for this transaction; others of the same user wait until it ends.

    Raises:
        CreditAccount.DoesNotExist: There is no such user.
    """
    return CreditAccount.objects.select_for_update().get(user_id=user_id)


def lock_account(account_id: int) -> CreditAccount:
    """Take an account likewise, also that of a user who has left."""
    return CreditAccount.objects.select_for_update().get(pk=account_id)


def charge(
    user_id: uuid.UUID,
    *,
    credits: int,
    reference_id: uuid.UUID,
    description: str,
    api_key_id: uuid.UUID | None = None,
    monthly_cap: int | None = None,
) -> LedgerReceipt:
    """Take credits for an image, from the balance and from the key's month, or take nothing.

    Args:
        user_id: Whose balance pays.
        credits: How many whole credits, 1 or more.
        reference_id: The image; it can be charged once.
        description: What the entry says; no prompt, no name.
        api_key_id: The key that asked, if one did.
        monthly_cap: The most credits the key may spend in a calendar month (UTC).

    Raises:
        KeyCapExceeded: The key's cap does not allow it.
        InsufficientCredits: The balance does not cover it.
    """
    parameters = {
        "user": user_id,
        "credits": credits,
        "reference": reference_id,
        "description": description,
        "key": api_key_id,
        "cap": monthly_cap,
    }
    receipt = _write(CHARGE, parameters)
    if receipt is None:
        raise _refusal(user_id, credits, api_key_id, monthly_cap)
    _count(LedgerEntry.Type.GENERATION)
    return receipt


def refund(reference_id: uuid.UUID, *, reason: str) -> LedgerReceipt:
    """Give back what an image was charged: all of it, to whom it was taken from.

    Raises:
        LookupError: Nothing was ever charged for it.
        django.db.IntegrityError: It was refunded before; the first refund stands.
    """
    parameters = {"reference": reference_id, "description": f"Refund: {reason}", "settlement": SETTLEMENT}
    receipt = _write(REFUND, parameters)
    if receipt is None:
        raise LookupError(f"No charge for {reference_id}")
    _count(LedgerEntry.Type.REFUND)
    return receipt


def grant(user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Give credits that nobody paid for.

    Raises:
        ValueError: The amount is not positive.
        LookupError: There is no such user.
    """
    if amount < 1:
        raise ValueError("A grant is at least 1 credit.")
    receipt = _add(amount, LedgerEntry.Type.GRANT, reason, user_id=user_id)
    if receipt is None:
        raise LookupError(f"No credit account for user {user_id}")
    return receipt


def adjust(user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Set a balance right by a signed number of credits.

    Raises:
        ValueError: The amount is 0.
        InsufficientCredits: The balance does not hold what is to be taken.
    """
    if amount == 0:
        raise ValueError("An adjustment is of 1 credit or more, up or down.")
    receipt = _add(amount, LedgerEntry.Type.ADJUSTMENT, reason, user_id=user_id)
    if receipt is None:
        raise InsufficientCredits(needed=-amount, balance=CreditAccount.objects.get(user_id=user_id).balance)
    return receipt


def purchase(account_id: int, *, credits: int, purchase_id: uuid.UUID) -> None:
    """Give an account the credits that were paid for.

    Raises:
        LookupError: There is no such account.
        django.db.IntegrityError: The purchase was credited before; the first entry stands.
    """
    description = f"Bought {credits:,} credits"
    entry_type = LedgerEntry.Type.PURCHASE
    if _add(credits, entry_type, description, account_id=account_id, reference_id=purchase_id) is None:
        raise LookupError(f"No credit account {account_id}")


def claw_back(account_id: int, *, credits: int, purchase_id: uuid.UUID) -> None:
    """Take credits whose money went back, as far as the balance goes; the rest is owed from now on."""
    parameters: dict[str, Any] = {"account": account_id, "credits": credits, "reference": purchase_id}
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, {**parameters, "description": "Taken back with a payment"})
        written = cursor.rowcount
    if written:
        _count(LedgerEntry.Type.CHARGEBACK)


def reinstate(account_id: int, *, credits: int, purchase_id: uuid.UUID) -> None:
    """Give credits again that had been taken back with a payment, whose money has come again.

    Raises:
        LookupError: There is no such account.
    """
    description = "Given again: the payment stands"
    entry_type = LedgerEntry.Type.ADJUSTMENT
    if _add(credits, entry_type, description, account_id=account_id, reference_id=purchase_id) is None:
        raise LookupError(f"No credit account {account_id}")


def spent_this_month(api_key_id: uuid.UUID) -> int:
    """Return the credits that a key has spent in this calendar month (UTC), less what was refunded of them."""
    with connection.cursor() as cursor:
        cursor.execute(SPENT_THIS_MONTH, {"key": api_key_id})
        row = cursor.fetchone()
    return row[0] if row else 0


def _add(
    amount: int,
    entry_type: LedgerEntry.Type,
    description: str,
    *,
    user_id: uuid.UUID | None = None,
    account_id: int | None = None,
    reference_id: uuid.UUID | None = None,
) -> LedgerReceipt | None:
    """Change a balance by a signed amount; None if there is no such account, or too little on it."""
    parameters = {
        "user": user_id,
        "account": account_id,
        "amount": amount,
        "type": entry_type,
        "description": description,
        "reference": reference_id,
        "settlement": SETTLEMENT,
    }
    receipt = _write(ADD, parameters)
    if receipt is not None:
        _count(entry_type)
    return receipt


def _write(statement: str, parameters: Mapping[str, Any]) -> LedgerReceipt | None:
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return LedgerReceipt(*row) if row else None


def _count(entry_type: LedgerEntry.Type) -> None:
    # What is rolled back after all was no change.
    transaction.on_commit(metrics.ledger_entries.labels(entry_type.value).inc)


def _refusal(
    user_id: uuid.UUID, credits: int, api_key_id: uuid.UUID | None, monthly_cap: int | None
) -> KeyCapExceeded | InsufficientCredits:
    if api_key_id is not None and monthly_cap is not None:
        spent = spent_this_month(api_key_id)
        if spent + credits > monthly_cap:
            return KeyCapExceeded(needed=credits, spent=spent, cap=monthly_cap)
    return InsufficientCredits(needed=credits, balance=CreditAccount.objects.get(user_id=user_id).balance)
