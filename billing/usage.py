"""What a user may read of the ledger: their balance and their own entries."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, LiteralString

from django.db.models import QuerySet, Sum
from django.utils import timezone

from accounts.authentication import Caller
from accounts.models import ApiKey
from accounts.schemas import AccountResult, ApiKeyResult
from billing.models import CreditAccount, KeySpending, LedgerEntry
from billing.schemas import TransactionResult, UsageResult
from infrastructure import database
from infrastructure.schemas import PageArguments

BALANCE: Final[LiteralString] = """
SELECT a.balance, COALESCE(s.spent, 0) AS spent
FROM billing_creditaccount a
LEFT JOIN billing_keyspending s
    ON s.api_key_id = %(key)s AND s.month = date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC')::date
WHERE a.user_id = %(user)s
"""

LEDGER_PAGE_ENTRIES = 50
NEAR_CAP_PERCENT = 90
PACE_DAYS: Final = 30
# What has at most one entry of each type, and so an index by its id.
REFERRING: Final = (LedgerEntry.Type.GENERATION, LedgerEntry.Type.REFUND, LedgerEntry.Type.PURCHASE)


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Which entries of the ledger to show; None leaves a thing open."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    api_key_id: uuid.UUID | None = None
    reference_id: uuid.UUID | None = None
    # A query for the ids of what the entries are about.
    references: QuerySet[Any] | None = None


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """A key, and the credits it spent in this calendar month (UTC), refunds taken off."""

    key: ApiKey
    spent: int

    @property
    def percent_of_cap(self) -> int:
        """How much of its cap is spent; 0 without a cap."""
        cap = self.key.monthly_credit_cap
        return 100 * self.spent // cap if cap else 0

    @property
    def warns_from(self) -> int:
        """How many credits are near the cap."""
        return (self.key.monthly_credit_cap or 0) * NEAR_CAP_PERCENT // 100

    @property
    def is_near_cap(self) -> bool:
        return self.percent_of_cap >= NEAR_CAP_PERCENT


async def account(caller: Caller) -> AccountResult:
    """Return who the caller is, what they have, and what their key has spent this month (UTC)."""
    key = caller.key
    row = await database.fetch_one(BALANCE, {"user": caller.user_id, "key": key.id if key else None})
    balance, spent = (row["balance"], row["spent"]) if row else (0, 0)
    answer = (
        None
        if key is None
        else ApiKeyResult(
            name=key.name,
            last_four=key.last_four,
            monthly_credit_cap=key.monthly_credit_cap,
            credits_spent_this_month=spent,
        )
    )
    return AccountResult(user_id=caller.user_id, email=caller.email, credit_balance=balance, api_key=answer)


def balance(caller: Caller) -> int:
    """Return the caller's balance in whole credits."""
    return CreditAccount.objects.values_list("balance", flat=True).get(user_id=caller.user_id)


def page(caller: Caller, arguments: PageArguments) -> UsageResult:
    """Return a page of the caller's ledger, newest first; the total is not counted but known."""
    account = CreditAccount.objects.get(user_id=caller.user_id)
    newest = account.entry_count - arguments.offset
    # Positions run from 1 without a gap, so a page is a range of them, however deep it lies.
    entries = account.entries.filter(position__lte=newest, position__gt=newest - arguments.limit)
    return UsageResult(
        transactions=[
            TransactionResult.model_validate(entry, from_attributes=True) for entry in entries.order_by("-position")
        ],
        total=account.entry_count,
        limit=arguments.limit,
        offset=arguments.offset,
    )


def ledger_entries(
    caller: Caller, chosen: LedgerFilter, *, before: int | None = None
) -> tuple[list[LedgerEntry], int | None]:
    """Return entries of the caller's ledger, newest first, and the position before which the next page begins.

    Args:
        caller: Whose ledger.
        chosen: Which entries.
        before: A position; entries at it and after it are left out.
    """
    entries = LedgerEntry.objects.filter(account__user_id=caller.user_id, **_conditions(chosen))
    if before is not None:
        entries = entries.filter(position__lt=before)
    found = list(entries.order_by("-position")[: LEDGER_PAGE_ENTRIES + 1])
    page = found[:LEDGER_PAGE_ENTRIES]
    return page, page[-1].position if len(found) > len(page) else None


def _conditions(chosen: LedgerFilter) -> dict[str, Any]:
    conditions = {
        "created_at__gte": chosen.since,
        "created_at__lt": chosen.until,
        "type": chosen.type,
        "api_key_id": chosen.api_key_id,
        "reference_id": chosen.reference_id,
        "type__in": REFERRING if chosen.reference_id else None,
        "reference_id__in": chosen.references,
    }
    return {name: value for name, value in conditions.items() if value is not None}


def days_left(account: CreditAccount) -> int | None:
    """Return how many days the balance lasts at the pace of the last 30; None if nothing was spent in them."""
    entries = account.entries.filter(
        created_at__gte=timezone.now() - timedelta(days=PACE_DAYS),
        type__in=[LedgerEntry.Type.GENERATION, LedgerEntry.Type.REFUND],
    )
    spent = -(entries.aggregate(total=Sum("amount"))["total"] or 0)
    return account.balance * PACE_DAYS // spent if spent > 0 else None


def key_usage(keys: Iterable[ApiKey]) -> list[KeyUsage]:
    """Return these keys, each with what it spent this month: one query for all of them."""
    found = list(keys)
    spending = KeySpending.objects.filter(api_key_id__in=[key.pk for key in found], month=this_month())
    spent = dict(spending.values_list("api_key_id", "spent"))
    return [KeyUsage(key, spent.get(key.pk, 0)) for key in found]


def this_month() -> date:
    """Return the first day of the month that caps and spending speak of: UTC's."""
    return timezone.now().astimezone(UTC).date().replace(day=1)
