"""The FastMCP server of the comparison: one tool that does nothing, and one that runs the same two queries."""

import hashlib
from typing import Any

import django
from fastmcp import FastMCP
from fastmcp.server.dependencies import get_http_request

django.setup()

from django.db.models import OuterRef, Subquery, Value  # noqa: E402

from accounts.models import ApiKey  # noqa: E402
from billing import usage  # noqa: E402
from billing.models import CreditAccount, KeySpending  # noqa: E402

server: FastMCP[None] = FastMCP("peer")


@server.tool
async def empty() -> dict[str, Any]:
    """Return an empty object."""
    return {}


@server.tool
def account() -> dict[str, Any]:
    """Return the result of getimages_get_account. FastMCP runs this in a thread that keeps its connection open."""
    secret = get_http_request().headers["authorization"].removeprefix("Bearer ")
    key = ApiKey.objects.select_related("user").get(digest=hashlib.sha256(secret.encode()).digest())
    spending = KeySpending.objects.filter(api_key_id=OuterRef("key_id"), month=usage.this_month())
    accounts = CreditAccount.objects.annotate(key_id=Value(key.pk), spent=Subquery(spending.values("spent")))
    credits = accounts.get(user=key.user)
    return {
        "userId": str(key.user_id),
        "email": key.user.email,
        "creditBalance": credits.balance,
        "apiKey": {
            "name": key.name,
            "lastFour": key.last_four,
            "monthlyCreditCap": key.monthly_credit_cap,
            "creditsSpentThisMonth": credits.spent or 0,
        },
    }


application = server.http_app(path="/mcp", stateless_http=True, json_response=True)
