"""A worker's metrics port: access to it, and the error when it is taken."""

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


def test_a_worker_serves_its_metrics(url: str) -> None:
    response = httpx2.get(f"{url}/metrics")
    assert response.status_code == 200
    assert "getimages_provider_calls_total" in response.text
    assert httpx2.get(url).status_code == 404


def test_other_addresses_get_no_metrics(url: str, settings: Any) -> None:
    settings.METRICS_ALLOWED = [ip_network("10.0.0.0/8")]
    assert httpx2.get(f"{url}/metrics").status_code == 404


def test_a_taken_port_stops_the_start_with_an_explanation(settings: Any) -> None:
    with socket.create_server(("", 0)) as taken:
        settings.WORKER_METRICS_PORT = taken.getsockname()[1]
        with pytest.raises(CommandError, match=r"WORKER_METRICS_PORT.*port of its own"):
            call_command("worker")
