"""Result classes of ledger entries, shared by REST and MCP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from infrastructure.schemas import Result

EntryType = Literal["purchase", "generation", "refund", "grant", "adjustment", "chargeback"]


class TransactionResult(Result):
    """One change to the balance."""

    id: UUID = Field(description="ID of the ledger entry.")
    amount: int = Field(description="Whole credits: negative when deducted, positive when added.")
    type: EntryType = Field(
        description="What changed the balance: generation is a charge for an image; chargeback removes the credits of "
        "a refunded or disputed payment."
    )
    description: str = Field(description="Description of the change.")
    reference_id: UUID | None = Field(description="ID of the image or purchase, if any.")
    balance_after: int = Field(description="Balance after this change.")
    created_at: datetime = Field(description="Time of the change (UTC).")


class UsageResult(Result):
    """A page of the ledger, newest entry first."""

    transactions: list[TransactionResult] = Field(description="Entries, newest first.")
    total: int = Field(description="Total number of entries.")
    limit: int = Field(description="Limit that was applied.")
    offset: int = Field(description="Offset that was applied.")
