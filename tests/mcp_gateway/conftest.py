"""Agents that call the MCP endpoint over HTTP."""

import pytest

from accounts import api_keys
from accounts.models import User
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server


@pytest.fixture
def agent(transactional_db: None, server: Server, alices_key: str) -> Agent:
    """An agent with Alice's API key."""
    return Agent(server.url, alices_key)


@pytest.fixture
def bobs_agent(transactional_db: None, server: Server, bob: User) -> Agent:
    """An agent with Bob's API key."""
    return Agent(server.url, api_keys.create(bob, name="Bob's")[1])
