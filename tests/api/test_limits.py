"""What a caller is told of their limit."""

import re
from typing import Any

import pytest

from tests.api.program import Program, refusal
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


def test_every_answer_to_a_caller_tells_policy_and_rest(program: Program) -> None:
    answers = [
        program.get("account"),
        program.get("images?limit=x"),
        program.get("images/00000000-0000-0000-0000-000000000000"),
        program.get("no/such/call"),
        program.request("PATCH", "images"),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 404, 404, 405]
    assert [remaining(answer) for answer in answers] == [4, 3, 2, 1, 0]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"default";q=5;w=60'}


def test_over_the_limit_the_answer_says_when_to_come_back(program: Program) -> None:
    for _ in range(5):
        assert program.get("account").status_code == 200
    refused = program.get("account")
    assert refusal(refused) == (429, "rate_limited")
    assert remaining(refused) == 0
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_both_doors_count_together(program: Program) -> None:
    agent = Agent(program.url, program.key)
    assert remaining(program.get("account")) == 4
    agent.call("getimages_get_account")
    assert remaining(program.get("account")) == 2


def test_without_a_key_the_policy_is_told_and_nothing_is_counted(program: Program) -> None:
    anonymous = program.get("account", headers={"Authorization": None})
    assert anonymous.status_code == 401
    assert anonymous.headers["RateLimit-Policy"] == '"default";q=5;w=60'
    assert "RateLimit" not in anonymous.headers
    assert remaining(program.get("account")) == 4


def test_without_a_limit_there_are_no_such_headers(program: Program, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 0
    assert not {"ratelimit", "ratelimit-policy"} & set(program.get("account").headers)
