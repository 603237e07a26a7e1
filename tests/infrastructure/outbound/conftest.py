"""Fixtures of the tests of outbound requests."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.infrastructure.outbound.stand_ins import NameServer, SilentListener


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    """The only name server; a name that a test does not set is unknown."""
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    return server


@pytest.fixture
def listener() -> Iterator[SilentListener]:
    """An address of this machine to which a test expects no connection."""
    with SilentListener() as listener:
        yield listener


@pytest.fixture
def loopback_allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
