"""The addresses of the development service."""

import os
import socket
import subprocess
import sys
import time
from typing import Any
from unittest.mock import Mock

import httpx2
import pytest
from django.conf import settings

from development import launcher, loopback


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """Record the processes that the launcher starts, in place of starting them."""
    started: list[tuple[Any, Any]] = []

    def start(command: Any, *, env: Any, **_: Any) -> Mock:
        started.append((command, env))
        return Mock(poll=lambda: 0)

    monkeypatch.setattr("development.launcher.subprocess.Popen", start)
    monkeypatch.setattr(launcher, "is_taken", lambda _port: True)
    return started


@pytest.mark.parametrize("site_url", [None, "https://images.example"])
def test_links_have_a_host_name_unless_the_origin_is_set(
    commands: list[tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch, site_url: str | None
) -> None:
    monkeypatch.delenv("SITE_URL", raising=False)
    if site_url:
        monkeypatch.setenv("SITE_URL", site_url)
    with launcher.running(8123) as service:
        assert service.url == "http://localhost:8123"
    assert [env["SITE_URL"] for _, env in commands] == [site_url or service.url] * 2


def test_every_loopback_address_is_bound() -> None:
    port = loopback.free_port()
    sockets = loopback.bind(port)
    try:
        expected = {"127.0.0.1", "::1"} if loopback.has_ipv6() else {"127.0.0.1"}
        assert {bound.getsockname()[0] for bound in sockets} == expected
        assert {bound.getsockname()[1] for bound in sockets} == {port}
        assert not loopback.is_taken(port)
        sockets[-1].listen()
        assert loopback.is_taken(port)
        with pytest.raises(OSError, match="in use"):
            loopback.bind(port)
    finally:
        for bound in sockets:
            bound.close()


def test_a_machine_without_ipv6_binds_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loopback, "has_ipv6", lambda: False)
    (bound,) = loopback.bind(0)
    with bound:
        assert bound.family == socket.AF_INET


def test_the_web_process_answers_at_every_address() -> None:
    port = loopback.free_port()
    environment = {**os.environ, "DEBUG": "1", "PORT": str(port), "DATABASE_URL": settings.DATABASE_URL}
    command = [sys.executable, "-m", "development.loopback", str(port)]
    web = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        deadline = time.monotonic() + launcher.START_TIMEOUT_SECONDS
        while not loopback.is_taken(port):
            assert web.poll() is None
            assert time.monotonic() < deadline
            time.sleep(launcher.POLL_SECONDS)
        for address in ("127.0.0.1", *(["[::1]"] if loopback.has_ipv6() else [])):
            assert httpx2.get(f"http://{address}:{port}/healthz").status_code == 200
    finally:
        web.terminate()
        web.wait()
