"""Somebody who talks to the REST API over HTTP."""

import socket
from collections.abc import Iterator

import pytest

from accounts import api_keys
from accounts.models import User
from tests.api.program import Program
from tests.web_server import Server


@pytest.fixture
def program(transactional_db: None, server: Server, alices_key: str) -> Iterator[Program]:
    """A program with a key of Alice's."""
    one = Program(server.url, alices_key)
    with one.http:
        yield one


@pytest.fixture
def bobs_program(transactional_db: None, server: Server, bob: User) -> Iterator[Program]:
    """A program with a key of Bob's."""
    one = Program(server.url, api_keys.create(bob, name="Bob's")[1])
    with one.http:
        yield one


@pytest.fixture(autouse=True, scope="session")
def _no_delay(server: Server) -> None:
    """Let small answers leave at once on a connection that is kept, as they do from a server with a port of its own."""
    server._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
