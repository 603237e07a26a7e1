"""Every change of a balance: one statement checks it, makes it and writes its entry.

The statements take the account's row lock. Whoever changes other rows in the same transaction locks the account
first (lock), so that two transactions of one user queue up instead of deadlocking.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.exceptions import InsufficientCredits, KeyCapExceeded
from billing.models import CreditAccount, LedgerEntry

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

# A refund undoes the one charge with its reference, and gives the key back what it had spent in that charge's month.
REFUND = """
WITH charge AS (
    SELECT account_id, reference_id, api_key_id, -amount AS credits,
           date_trunc('month', created_at AT TIME ZONE 'UTC')::date AS month
    FROM billing_ledgerentry WHERE reference_id = %(reference)s AND type = 'generation'
), spending AS (
    UPDATE billing_keyspending s SET spent = s.spent - charge.credits FROM charge
    WHERE s.api_key_id = charge.api_key_id AND s.month = charge.month
), changed AS (
    UPDATE billing_creditaccount a SET balance = a.balance + charge.credits, entry_count = entry_count + 1
    FROM charge WHERE a.id = charge.account_id
    RETURNING a.id, a.balance, a.entry_count, charge.credits, charge.reference_id, charge.api_key_id
)
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, api_key_id, created_at)
SELECT id, entry_count, 'refund', credits, balance, %(description)s, reference_id, api_key_id, clock_timestamp()
FROM changed
RETURNING balance_after, created_at
"""

ADD = """
WITH changed AS (
    UPDATE billing_creditaccount SET balance = balance + %(amount)s, entry_count = entry_count + 1
    WHERE user_id = %(user)s AND balance + %(amount)s >= 0
    RETURNING id, balance, entry_count
)
INSERT INTO billing_ledgerentry
    (account_id, position, type, amount, balance_after, description, reference_id, created_at)
SELECT id, entry_count, %(type)s, %(amount)s, balance, %(description)s, %(reference)s, clock_timestamp()
FROM changed
RETURNING balance_after, created_at
"""

SPENT_THIS_MONTH = """
SELECT spent FROM billing_keyspending
WHERE api_key_id = %(key)s AND month = date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a change left behind: the balance after it, in credits, and when it was made."""

    balance_after: int
    created_at: datetime


def lock(user_id: uuid.UUID) -> CreditAccount:
    """Take the user's account for this transaction; others of the same user wait until it ends.

    Raises:
        CreditAccount.DoesNotExist: There is no such user.
    """
    return CreditAccount.objects.select_for_update().get(user_id=user_id)


def charge(
    user_id: uuid.UUID,
    *,
    credits: int,
    reference_id: uuid.UUID,
    description: str,
    api_key_id: uuid.UUID | None = None,
    monthly_cap: int | None = None,
) -> Receipt:
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
    return receipt


def refund(reference_id: uuid.UUID, *, reason: str) -> Receipt:
    """Give back what an image was charged: all of it, to whom it was taken from.

    Raises:
        LookupError: Nothing was ever charged for it.
        django.db.IntegrityError: It was refunded before; the first refund stands.
    """
    receipt = _write(REFUND, {"reference": reference_id, "description": f"Refund: {reason}"})
    if receipt is None:
        raise LookupError(f"No charge for {reference_id}")
    return receipt


def grant(user_id: uuid.UUID, *, amount: int, reason: str) -> Receipt:
    """Give credits that nobody paid for.

    Raises:
        ValueError: The amount is not positive.
        LookupError: There is no such user.
    """
    if amount < 1:
        raise ValueError("A grant is at least 1 credit.")
    parameters = {"user": user_id, "amount": amount, "type": LedgerEntry.Type.GRANT, "reference": None}
    receipt = _write(ADD, {**parameters, "description": reason})
    if receipt is None:
        raise LookupError(f"No credit account for user {user_id}")
    return receipt


def spent_this_month(api_key_id: uuid.UUID) -> int:
    """Return the credits that a key has spent in this calendar month (UTC), less what was refunded of them."""
    with connection.cursor() as cursor:
        cursor.execute(SPENT_THIS_MONTH, {"key": api_key_id})
        row = cursor.fetchone()
    return row[0] if row else 0


def _write(statement: str, parameters: Mapping[str, Any]) -> Receipt | None:
    with connection.prepared_cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return Receipt(*row) if row else None


def _refusal(
    user_id: uuid.UUID, credits: int, api_key_id: uuid.UUID | None, monthly_cap: int | None
) -> KeyCapExceeded | InsufficientCredits:
    if api_key_id is not None and monthly_cap is not None:
        spent = spent_this_month(api_key_id)
        if spent + credits > monthly_cap:
            return KeyCapExceeded(needed=credits, spent=spent, cap=monthly_cap)
    return InsufficientCredits(needed=credits, balance=CreditAccount.objects.get(user_id=user_id).balance)
