"""A client that declares nothing receives the bytes that it received before resources, prompts and extensions."""

import json
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from tests.mcp_gateway import exchanges
from tests.mcp_gateway.agent import Agent

pytestmark = pytest.mark.django_db(transaction=True)

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "recorded_answers.json").read_text())


def recorded(name: str, version: str) -> dict[str, Any]:
    rows = (row for row in RECORDED["responses"] if row["name"] == name and version in row["versions"])
    row: dict[str, Any] = next(rows)
    return row


def test_every_response_is_the_recorded_one(agent: Agent, alice: User) -> None:
    compared = 0
    for name, version, response in exchanges.responses(agent, exchanges.prepare(agent, alice)):
        before = recorded(name, version)
        assert response["headers"] == RECORDED["headers"], (name, version)
        assert (response["status"], response["body"]) == (before["status"], before["body"]), (name, version)
        compared += 1
    assert compared == sum(len(row["versions"]) for row in RECORDED["responses"])
