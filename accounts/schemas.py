"""Account result of REST and MCP."""

from uuid import UUID

from pydantic import Field

from infrastructure.schemas import Result


class ApiKeyResult(Result):
    """The API key of the request."""

    name: str = Field(description="The key's name.")
    last_four: str = Field(description="The key's last four characters; empty for a connected app.")
    monthly_credit_cap: int | None = Field(description="Credits the key may spend per month (UTC); null for no cap.")
    confirm_above: int | None = Field(
        description="Over MCP, an image that costs more credits than this needs the user's confirmation; null for none."
    )
    credits_spent_this_month: int = Field(description="Credits spent this month (UTC), minus refunds.")


class AccountResult(Result):
    """The account of the caller, its balance and the API key of the request."""

    user_id: UUID = Field(description="The account's ID.")
    email: str = Field(description="The account's email address.")
    credit_balance: int = Field(description="Credits left to spend.")
    api_key: ApiKeyResult | None = Field(description="The API key or connected app used for this request.")
