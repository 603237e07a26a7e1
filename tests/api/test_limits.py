"""Rate limit headers and responses."""

import re
from typing import Any

import pytest

from tests.api.program import Program, status_and_code
from tests.mcp_gateway.agent import Agent

pytestmark = pytest.mark.django_db(transaction=True)

REMAINING = re.compile(r'"default";r=(\d+);t=(\d+)')


@pytest.fixture(autouse=True)
def _limit(settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 5


def remaining(response: Any) -> int:
    match = REMAINING.fullmatch(response.headers["RateLimit"])
    assert match
    assert 1 <= int(match[2]) <= 60
    return int(match[1])


def test_every_authenticated_response_has_policy_and_quota(program: Program) -> None:
    responses = [
        program.get("account"),
        program.get("images?limit=x"),
        program.get("images/00000000-0000-0000-0000-000000000000"),
        program.get("no/such/call"),
        program.request("PATCH", "images"),
    ]
    assert [response.status_code for response in responses] == [200, 422, 404, 404, 405]
    assert [remaining(response) for response in responses] == [4, 3, 2, 1, 0]
    assert {response.headers["RateLimit-Policy"] for response in responses} == {'"default";q=5;w=60'}


def test_an_exceeded_limit_is_429_with_retry_after(program: Program) -> None:
    for _ in range(5):
        assert program.get("account").status_code == 200
    rejected = program.get("account")
    assert status_and_code(rejected) == (429, "rate_limited")
    assert remaining(rejected) == 0
    assert 1 <= int(rejected.headers["Retry-After"]) <= 60


def test_rest_and_mcp_share_the_limit(program: Program) -> None:
    agent = Agent(program.url, program.key)
    assert remaining(program.get("account")) == 4
    agent.call("getimages_get_account")
    assert remaining(program.get("account")) == 2


def test_without_a_key_only_the_policy_is_sent(program: Program) -> None:
    anonymous = program.get("account", headers={"Authorization": None})
    assert anonymous.status_code == 401
    assert anonymous.headers["RateLimit-Policy"] == '"default";q=5;w=60'
    assert "RateLimit" not in anonymous.headers
    assert remaining(program.get("account")) == 4


def test_without_a_limit_there_are_no_headers(program: Program, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 0
    assert not {"ratelimit", "ratelimit-policy"} & set(program.get("account").headers)
