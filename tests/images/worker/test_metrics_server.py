"""A worker's counts at its own port: for whom they are, and what happens when the port is taken."""

import socket
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest
from django.core.management import CommandError, call_command

from images.worker import metrics_server


@pytest.fixture
def url() -> Iterator[str]:
    server = metrics_server.serve(0)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_worker_shows_its_counts(url: str) -> None:
    answer = httpx2.get(f"{url}/metrics")
    assert answer.status_code == 200
    assert "getimages_provider_calls_total" in answer.text
    assert httpx2.get(url).status_code == 404


def test_a_worker_shows_them_to_nobody_else(url: str, settings: Any) -> None:
    settings.METRICS_ALLOWED = [ip_network("10.0.0.0/8")]
    assert httpx2.get(f"{url}/metrics").status_code == 404


def test_a_port_that_is_taken_stops_the_start_with_words(settings: Any) -> None:
    with socket.create_server(("", 0)) as taken:
        settings.WORKER_METRICS_PORT = taken.getsockname()[1]
        with pytest.raises(CommandError, match=r"WORKER_METRICS_PORT.*different port"):
            call_command("worker")
