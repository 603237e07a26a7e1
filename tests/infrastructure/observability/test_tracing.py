"""A collector receives one trace that covers the request, the worker's job and the call to the provider."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx2
import pytest
from django.test import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from accounts import api_keys
from accounts.models import User
from images.models import Image
from infrastructure.observability import tracing
from tests.concurrency import eventually
from tests.http_server import HttpServer
from tests.mcp_gateway.agent import MODEL, Agent
from tests.web_server import Server
from tests.website.dashboard.test_generate import form
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The spans received by an OpenTelemetry collector."""
    received: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            received.extend(
                span for resource in body.resource_spans for scope in resource.scope_spans for span in scope.spans
            )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with HttpServer(Handler) as server:
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        monkeypatch.setenv(tracing.ENDPOINT, server.url)
        tracing.start("tests")
        yield received
        tracing.stop()


def test_an_mcp_call_and_the_call_to_the_provider_share_a_trace(
    collector: list[Any], server: Server, alice: User, alices_key: str, worker: WorkerThread, settings: Any
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    agent = Agent(server.url, alices_key, {"traceparent": PARENT})
    agent.generate("a confidential prompt")
    expected = {"POST mcp", "make image", "call provider"}
    eventually(lambda: expected <= {span.name for span in collector if span.trace_id.hex() == TRACE})
    assert "a confidential prompt" not in repr(collector)


def generate_over_rest(server: Server, user: User) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {api_keys.create(user, name='one')[1]}", "traceparent": PARENT}
    return httpx2.post(f"{server.url}/api/v1/images", json={"prompt": "a lake", "modelId": MODEL}, headers=headers)


def generate_in_dashboard(server: Server, user: User) -> httpx2.Response:
    browser, token = Client(), "a" * 32
    browser.force_login(user)
    cookies = {"sessionid": browser.cookies["sessionid"].value, "csrftoken": token}
    sent = {**form(browser), "csrfmiddlewaretoken": token}
    headers = {"traceparent": PARENT}
    return httpx2.post(f"{server.url}/dashboard/generate/", data=sent, cookies=cookies, headers=headers)


@pytest.mark.parametrize(
    ("entry_point", "generate", "status"), [("rest", generate_over_rest, 201), ("site", generate_in_dashboard, 302)]
)
def test_rest_and_dashboard_start_a_trace(
    collector: list[Any],
    server: Server,
    alice: User,
    worker: WorkerThread,
    settings: Any,
    entry_point: str,
    generate: Any,
    status: int,
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    assert generate(server, alice).status_code == status
    expected = {f"POST {entry_point}", "make image", "call provider"}
    eventually(lambda: expected <= {span.name for span in collector if span.trace_id.hex() == TRACE})


def test_without_a_collector_no_trace_is_stored(server: Server, alice: User, alices_key: str, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    agent = Agent(server.url, alices_key, {"traceparent": PARENT})
    agent.generate(waitSeconds=0)
    assert Image.objects.get().traceparent == ""
