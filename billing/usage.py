"""Read access of users to their own balance, ledger entries and monthly spending per API key."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, LiteralString

from django.db.models import Min, QuerySet, Sum
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
# With fewer days, the pace is too uncertain for a forecast.
PACE_MIN_DAYS: Final = 7
# Types with a unique index on reference_id.
TYPES_INDEXED_BY_REFERENCE: Final = (LedgerEntry.Type.GENERATION, LedgerEntry.Type.REFUND, LedgerEntry.Type.PURCHASE)

IMAGE_TYPES: Final = (LedgerEntry.Type.GENERATION, LedgerEntry.Type.REFUND)


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """Filter for ledger entries; None matches everything."""

    since: datetime | None = None
    until: datetime | None = None
    type: str | None = None
    api_key_id: uuid.UUID | None = None
    # Only the entries of images that were requested without an API key.
    without_key: bool = False
    reference_id: uuid.UUID | None = None
    # A query for reference ids.
    references: QuerySet[Any] | None = None


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """An API key and the whole credits it spent in this calendar month (UTC), minus refunds."""

    key: ApiKey
    spent: int

    @property
    def percent_of_cap(self) -> int:
        """The percentage of the cap that is spent; 0 without a cap."""
        cap = self.key.monthly_credit_cap
        return 100 * self.spent // cap if cap else 0

    @property
    def warns_from(self) -> int:
        """The spending, in whole credits, from which the key is near its cap."""
        return (self.key.monthly_credit_cap or 0) * NEAR_CAP_PERCENT // 100

    @property
    def is_near_cap(self) -> bool:
        return self.percent_of_cap >= NEAR_CAP_PERCENT


async def account(caller: Caller) -> AccountResult:
    """Return the caller's user, balance and API key, with the key's spending in this calendar month (UTC)."""
    key = caller.key
    row = await database.fetch_one(BALANCE, {"user": caller.user_id, "key": key.id if key else None})
    balance, spent = (row["balance"], row["spent"]) if row else (0, 0)
    api_key = (
        None
        if key is None
        else ApiKeyResult(
            name=key.name,
            last_four=key.last_four,
            monthly_credit_cap=key.monthly_credit_cap,
            confirm_above=key.confirm_above,
            credits_spent_this_month=spent,
        )
    )
    return AccountResult(user_id=caller.user_id, email=caller.email, credit_balance=balance, api_key=api_key)


def balance(caller: Caller) -> int:
    """Return the caller's balance in whole credits."""
    return CreditAccount.objects.values_list("balance", flat=True).get(user_id=caller.user_id)


def page(caller: Caller, arguments: PageArguments) -> UsageResult:
    """Return a page of the caller's ledger, newest first, with the total number of entries."""
    account = CreditAccount.objects.get(user_id=caller.user_id)
    newest = account.entry_count - arguments.offset
    # Positions count up from 1 without gaps: a page is a range of positions and costs the same at any offset.
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
    caller: Caller, filters: LedgerFilter, *, before: int | None = None
) -> tuple[list[LedgerEntry], int | None]:
    """Return a page of the caller's ledger, newest first, and the `before` of the next page (None on the last page).

    Args:
        caller: The owner of the ledger.
        filters: The entries to return.
        before: A position in the ledger; only earlier entries are returned.
    """
    entries = matching_entries(caller.user_id, filters)
    if before is not None:
        entries = entries.filter(position__lt=before)
    # One more than a page shows whether there is a next page.
    rows = list(entries.order_by("-position")[: LEDGER_PAGE_ENTRIES + 1])
    page = rows[:LEDGER_PAGE_ENTRIES]
    return page, page[-1].position if len(rows) > len(page) else None


def matching_entries(user_id: uuid.UUID, filters: LedgerFilter) -> QuerySet[LedgerEntry]:
    """Return the user's ledger entries that match the filter, in no order."""
    # A join would keep PostgreSQL from reading a page in the order of the index, so that it sorts the whole period.
    account_id = CreditAccount.objects.filter(user_id=user_id).values("pk")[:1]
    entries = LedgerEntry.objects.filter(account_id=account_id, **_conditions(filters))
    return entries.filter(type__in=IMAGE_TYPES, api_key_id=None) if filters.without_key else entries


def _conditions(filters: LedgerFilter) -> dict[str, Any]:
    conditions = {
        "created_at__gte": filters.since,
        "created_at__lt": filters.until,
        "type": filters.type,
        "api_key_id": filters.api_key_id,
        "reference_id": filters.reference_id,
        "type__in": TYPES_INDEXED_BY_REFERENCE if filters.reference_id else None,
        "reference_id__in": filters.references,
    }
    return {name: value for name, value in conditions.items() if value is not None}


def days_left(account: CreditAccount) -> int | None:
    """Return how many days the balance lasts at the pace of the last 30 days, or of the time since the first charge.

    Returns None without spending, and while the first of these charges is less than a week old.
    """
    now = timezone.now()
    start = now - timedelta(days=PACE_DAYS)
    entries = account.entries.filter(
        created_at__gte=start,
        type__in=IMAGE_TYPES,
    )
    pace = entries.aggregate(total=Sum("amount"), first=Min("created_at"))
    spent = -(pace["total"] or 0)
    if spent <= 0:
        return None
    # After an older charge, the account was in use for the whole period.
    has_older = account.entries.filter(created_at__lt=start, type=LedgerEntry.Type.GENERATION).exists()
    days = PACE_DAYS if has_older else (now - pace["first"]).days
    return account.balance * days // spent if days >= PACE_MIN_DAYS else None


def key_usage(keys: Iterable[ApiKey]) -> list[KeyUsage]:
    """Return each key with its spending in this calendar month (UTC), using one query."""
    keys = list(keys)
    spending = KeySpending.objects.filter(api_key_id__in=[key.pk for key in keys], month=this_month())
    spent = dict(spending.values_list("api_key_id", "spent"))
    return [KeyUsage(key, spent.get(key.pk, 0)) for key in keys]


def this_month() -> date:
    """Return the first day of the current calendar month in UTC, the month of caps and spending."""
    return timezone.now().astimezone(UTC).date().replace(day=1)
