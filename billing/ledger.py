"""Changes of a balance: charge, refund, grant, adjustment, purchase and chargeback, each in one SQL statement.

A statement checks the change, updates the account and inserts the ledger entry. It takes the account's row lock. A
transaction that also changes other rows must call `lock` first, so that concurrent transactions of one user wait for
each other instead of deadlocking. Amounts are whole credits.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from billing import ledger_sql
from billing.exceptions import AccountMissing, ChargeMissing, InsufficientCredits, KeyCapExceeded
from billing.models import CreditAccount, LedgerEntry
from infrastructure.observability import metrics

# The reason recorded for a refund by staff; any other refund records the error code of the image.
STAFF_REASON: Final = "staff"
REPAYMENT_DESCRIPTION: Final = "Repayment of credits owed"


@dataclass(frozen=True, slots=True)
class LedgerReceipt:
    """The result of a change: the balance after it, in whole credits, and the time of its last entry."""

    balance_after: int
    created_at: datetime


def lock(user_id: uuid.UUID) -> CreditAccount:
    """Lock the user's account until the transaction ends.

    Raises:
        CreditAccount.DoesNotExist: There is no such user.
    """
    return CreditAccount.objects.select_for_update().get(user_id=user_id)


def lock_account(account_id: int) -> CreditAccount:
    """Lock an account until the transaction ends, including the account of a deleted user.

    Raises:
        CreditAccount.DoesNotExist: There is no such account.
    """
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
    """Deduct the credits of an image from the user's balance and add them to the key's monthly spending.

    Args:
        user_id: The user to charge.
        credits: The price in whole credits, 1 or more.
        reference_id: The image's id; an image can be charged once.
        description: The text of the ledger entry, without a prompt or a name.
        api_key_id: The API key of the request, if it had one.
        monthly_cap: The maximum that the key may spend per calendar month (UTC), in whole credits.

    Raises:
        KeyCapExceeded: The charge would exceed the key's cap.
        InsufficientCredits: The balance is lower than the charge.
        django.db.IntegrityError: The image was charged before.
    """
    parameters = {
        "user": user_id,
        "credits": credits,
        "reference": reference_id,
        "description": description,
        "key": api_key_id,
        "cap": monthly_cap,
    }
    receipt = _execute(ledger_sql.CHARGE, parameters)
    if receipt is None:
        raise _rejection(user_id, credits, api_key_id, monthly_cap)
    _count(LedgerEntry.Type.GENERATION)
    return receipt


def refund(reference_id: uuid.UUID, *, reason: str) -> LedgerReceipt:
    """Return all credits that an image was charged, to the account and key that paid.

    Args:
        reference_id: The image's id.
        reason: The error code of the image, at most 40 characters, or STAFF_REASON.

    Raises:
        ChargeMissing: The image was never charged.
        django.db.IntegrityError: The image was refunded before; the first refund remains.
    """
    parameters = {
        "reference": reference_id,
        "reason": reason,
        "description": f"Refund: {reason}",
        "repayment": REPAYMENT_DESCRIPTION,
    }
    receipt = _execute(ledger_sql.REFUND, parameters)
    if receipt is None:
        raise ChargeMissing(reference_id)
    _count(LedgerEntry.Type.REFUND)
    return receipt


def grant(user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Add free credits to a balance.

    Args:
        user_id: The user who receives the credits.
        amount: Whole credits, 1 or more.
        reason: The text of the ledger entry, at most 200 characters, without a prompt or a name.

    Raises:
        ValueError: The amount is not positive.
        AccountMissing: There is no such user.
    """
    if amount < 1:
        raise ValueError("A grant must be at least 1 credit.")
    receipt = _add(amount, LedgerEntry.Type.GRANT, reason, user_id=user_id)
    if receipt is None:
        raise AccountMissing(user_id=user_id)
    return receipt


def adjust(user_id: uuid.UUID, *, amount: int, reason: str) -> LedgerReceipt:
    """Correct a balance by a signed number of whole credits; `reason` is the text of the ledger entry.

    Raises:
        ValueError: The amount is 0.
        InsufficientCredits: The balance is lower than the credits to deduct.
    """
    if amount == 0:
        raise ValueError("An adjustment must add or deduct at least 1 credit.")
    receipt = _add(amount, LedgerEntry.Type.ADJUSTMENT, reason, user_id=user_id)
    if receipt is None:
        raise InsufficientCredits(needed=-amount, balance=CreditAccount.objects.get(user_id=user_id).balance)
    return receipt


def purchase(account_id: int, *, credits: int, purchase_id: uuid.UUID) -> None:
    """Add the whole credits of a paid purchase to an account.

    Raises:
        AccountMissing: There is no such account.
        django.db.IntegrityError: The purchase was credited before; the first entry remains.
    """
    description = f"Bought {credits:,} credits"
    entry_type = LedgerEntry.Type.PURCHASE
    if _add(credits, entry_type, description, account_id=account_id, reference_id=purchase_id) is None:
        raise AccountMissing(account_id=account_id)


def claw_back(account_id: int, *, credits: int, purchase_id: uuid.UUID, is_disputed: bool = False) -> int:
    """Deduct whole credits of a refunded or disputed payment; if the balance is too low, the rest is owed.

    The text of the entry contains the number of credits owed. If the balance is 0, there is no entry.

    Returns:
        The credits deducted from the balance.
    """
    parameters: dict[str, Any] = {
        "account": account_id,
        "credits": credits,
        "reference": purchase_id,
        "description": "Payment disputed" if is_disputed else "Payment refunded",
    }
    with connection.cursor() as cursor:
        cursor.execute(ledger_sql.CLAW_BACK, parameters)
        row: tuple[int] | None = cursor.fetchone()
    if row is None:
        return 0
    _count(LedgerEntry.Type.CHARGEBACK)
    return row[0]


def reinstate(account_id: int, *, credits: int, purchase_id: uuid.UUID) -> None:
    """Return whole credits that were clawed back, after a failed refund or a won dispute.

    Raises:
        AccountMissing: There is no such account.
    """
    description = "Credits reinstated with their payment"
    entry_type = LedgerEntry.Type.ADJUSTMENT
    if _add(credits, entry_type, description, account_id=account_id, reference_id=purchase_id) is None:
        raise AccountMissing(account_id=account_id)


def spent_this_month(api_key_id: uuid.UUID) -> int:
    """Return the whole credits that a key has spent in this calendar month (UTC), minus refunds of them."""
    with connection.cursor() as cursor:
        cursor.execute(ledger_sql.SPENT_THIS_MONTH, {"key": api_key_id})
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
    """Change a balance by a signed amount; return None if there is no such account or its balance is too low."""
    parameters = {
        "user": user_id,
        "account": account_id,
        "amount": amount,
        "type": entry_type,
        "description": description,
        "reference": reference_id,
        "repayment": REPAYMENT_DESCRIPTION,
    }
    receipt = _execute(ledger_sql.ADD, parameters)
    if receipt is not None:
        _count(entry_type)
    return receipt


def _execute(statement: str, parameters: Mapping[str, Any]) -> LedgerReceipt | None:
    with connection.prepared_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return LedgerReceipt(*row) if row else None


def _count(entry_type: LedgerEntry.Type) -> None:
    # On commit: an entry that is rolled back is not counted.
    transaction.on_commit(metrics.ledger_entries.labels(entry_type.value).inc)


def check_affordable(
    user_id: uuid.UUID, *, credits: int, api_key_id: uuid.UUID | None, monthly_cap: int | None
) -> None:
    """Check that several charges together fit the balance and the key's cap; call it while the account is locked.

    Raises:
        KeyCapExceeded: They exceed the cap.
        InsufficientCredits: They exceed the balance.
    """
    rejection = _rejection(user_id, credits, api_key_id, monthly_cap)
    if isinstance(rejection, KeyCapExceeded) or rejection.balance < credits:
        raise rejection


def _rejection(
    user_id: uuid.UUID, credits: int, api_key_id: uuid.UUID | None, monthly_cap: int | None
) -> KeyCapExceeded | InsufficientCredits:
    if api_key_id is not None and monthly_cap is not None:
        spent = spent_this_month(api_key_id)
        if spent + credits > monthly_cap:
            return KeyCapExceeded(needed=credits, spent=spent, cap=monthly_cap)
    return InsufficientCredits(needed=credits, balance=CreditAccount.objects.get(user_id=user_id).balance)
