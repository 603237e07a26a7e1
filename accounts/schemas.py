"""The result that describes an account, the same over MCP and REST."""

from uuid import UUID

from pydantic import Field

from infrastructure.schemas import Result


class ApiKeyResult(Result):
    """The key that a call came with."""

    name: str = Field(description="The name its owner gave the key.")
    last_four: str = Field(description="The key's last four characters.")
    monthly_credit_cap: int | None = Field(description="Credits the key may spend in a month (UTC); null for no cap.")
    credits_spent_this_month: int = Field(description="Credits spent in this month (UTC), less refunds of them.")


class AccountResult(Result):
    """Whose key it is, and what there is to spend."""

    user_id: UUID = Field(description="The account's id.")
    email: str = Field(description="The account's e-mail address.")
    credit_balance: int = Field(description="Whole credits left to spend.")
    api_key: ApiKeyResult | None = Field(description="The API key this call was made with.")
