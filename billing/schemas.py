"""A list of ledger entries, as it is answered at every door."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from infrastructure.schemas import Result

EntryType = Literal["purchase", "generation", "refund", "grant", "adjustment", "chargeback"]


class TransactionResult(Result):
    """One change of the balance."""

    id: UUID = Field(description="The entry's id.")
    amount: int = Field(description="Signed whole credits: negative for charges, positive for what came in.")
    type: EntryType = Field(description="Why the balance changed.")
    description: str = Field(description="The same in words.")
    reference_id: UUID | None = Field(description="The image (or purchase) it is about, if any.")
    balance_after: int = Field(description="The balance after this change.")
    created_at: datetime = Field(description="When (UTC).")


class UsageResult(Result):
    """A page of the ledger, newest first."""

    transactions: list[TransactionResult] = Field(description="Entries, newest first.")
    total: int = Field(description="How many entries there are in all.")
    limit: int = Field(description="The limit that was used.")
    offset: int = Field(description="The offset that was used.")
