"""What a user may read of the ledger: their balance and their own entries."""

from typing import Final, LiteralString

from accounts.authentication import Caller
from accounts.schemas import AccountAnswer, KeyAnswer, Page
from billing.models import CreditAccount
from billing.schemas import TransactionAnswer, UsageAnswer
from config import database

BALANCE: Final[LiteralString] = """
SELECT a.balance, COALESCE(s.spent, 0) AS spent
FROM billing_creditaccount a
LEFT JOIN billing_keyspending s
    ON s.api_key_id = %(key)s AND s.month = date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date
WHERE a.user_id = %(user)s
"""


async def account(caller: Caller) -> AccountAnswer:
    """Return who the caller is, what they have, and what their key has spent this month (UTC)."""
    key = caller.key
    row = await database.fetch_one(BALANCE, {"user": caller.user_id, "key": key.id if key else None})
    balance, spent = (row["balance"], row["spent"]) if row else (0, 0)
    answer = (
        None
        if key is None
        else KeyAnswer(
            name=key.name,
            last_four=key.last_four,
            monthly_credit_cap=key.monthly_credit_cap,
            credits_spent_this_month=spent,
        )
    )
    return AccountAnswer(user_id=caller.user_id, email=caller.email, credit_balance=balance, api_key=answer)


def balance(caller: Caller) -> int:
    """Return the caller's balance in whole credits."""
    return CreditAccount.objects.values_list("balance", flat=True).get(user_id=caller.user_id)


def page(caller: Caller, arguments: Page) -> UsageAnswer:
    """Return a page of the caller's ledger, newest first; the total is not counted but known."""
    account = CreditAccount.objects.get(user_id=caller.user_id)
    newest = account.entry_count - arguments.offset
    # Positions run from 1 without a gap, so a page is a range of them, however deep it lies.
    entries = account.entries.filter(position__lte=newest, position__gt=newest - arguments.limit)
    return UsageAnswer(
        transactions=[
            TransactionAnswer.model_validate(entry, from_attributes=True) for entry in entries.order_by("-position")
        ],
        total=account.entry_count,
        limit=arguments.limit,
        offset=arguments.offset,
    )
