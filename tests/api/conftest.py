"""Programs that call the REST API over HTTP."""

import socket
from collections.abc import Iterator

import pytest

from accounts import api_keys
from accounts.models import User
from tests.api.program import Program
from tests.web_server import Server


@pytest.fixture
def program(transactional_db: None, server: Server, alices_key: str) -> Iterator[Program]:
    """A program with Alice's API key."""
    alices = Program(server.url, alices_key)
    with alices.http:
        yield alices


@pytest.fixture
def bobs_program(transactional_db: None, server: Server, bob: User) -> Iterator[Program]:
    """A program with Bob's API key."""
    bobs = Program(server.url, api_keys.create(bob, name="Bob's")[1])
    with bobs.http:
        yield bobs


@pytest.fixture(autouse=True, scope="session")
def _no_delay(server: Server) -> None:
    """Send small responses immediately on a persistent connection, as a server that opens its own port does."""
    server._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
