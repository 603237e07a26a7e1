"""REST views of the account and its credit usage."""

from typing import Final

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.schemas import AccountResult
from api import request_parsing
from api.base_view import ApiView
from api.openapi.annotations import describe, query_parameters, response
from billing import usage
from billing.schemas import UsageResult
from infrastructure import database
from infrastructure.exceptions import FieldError, InvalidArguments
from infrastructure.schemas import NoArguments, PageArguments, parse

UNKNOWN_PARAMETER: Final = InvalidArguments([FieldError("limit", "Unknown argument. This request takes no arguments.")])
INVALID_LIMIT: Final = InvalidArguments(
    [FieldError("limit", "Must be at most 100. How many entries to return: 1 to 100.")]
)
ACCOUNT_EXAMPLE: Final = {
    "userId": "0d3a7c1e-5b7e-4f0e-9a55-6e1c8e0b7d21",
    "email": "ada@example.com",
    "creditBalance": 482,
    "apiKey": {
        "name": "Build server",
        "lastFour": "x7Qa",
        "monthlyCreditCap": 200,
        "confirmAbove": 10,
        "creditsSpentThisMonth": 18,
    },
}
USAGE_EXAMPLE: Final = {
    "transactions": [
        {
            "id": "9f1f6c52-0f43-4a6e-8f2c-3f9a3f1f7c11",
            "amount": -5,
            "type": "generation",
            "description": "Image with openai:gpt-image-2",
            "referenceId": "6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02",
            "balanceAfter": 482,
            "createdAt": "2026-11-23T09:30:00.123456Z",
        }
    ],
    "total": 1,
    "limit": 20,
    "offset": 0,
}


class Account(ApiView):
    """`GET account`."""

    @describe(
        id="getAccount",
        tag="account",
        summary="Get the account",
        description="Returns the account of the API key, its credit balance, and the key's monthly cap and spending.",
        responses={200: response("The account.", AccountResult, account=ACCOUNT_EXAMPLE)},
        errors=[UNKNOWN_PARAMETER],
    )
    async def get(self, request: Request) -> Response:
        parse(NoArguments, request_parsing.query_fields(request))
        return Response((await usage.account(self.caller)).to_json())


class Usage(ApiView):
    """`GET usage`."""

    @describe(
        id="listUsage",
        tag="account",
        summary="List credit usage",
        description="Lists every change to the credit balance, newest first: charges, refunds and purchases.",
        parameters=query_parameters(PageArguments),
        responses={200: response("A page of ledger entries.", UsageResult, usage=USAGE_EXAMPLE)},
        errors=[INVALID_LIMIT],
    )
    async def get(self, request: Request) -> Response:
        arguments = parse(PageArguments, request_parsing.query_fields(request), strict=False)
        return Response((await database.run_blocking(usage.page, self.caller, arguments)).to_json())
