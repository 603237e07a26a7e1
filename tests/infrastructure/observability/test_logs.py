"""The log is JSON with ids in production, and contains no prompts and no secrets."""

import io
import json
import logging
import logging.config
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.test import Client
from pythonjsonlogger.json import JsonFormatter

from accounts.models import ApiKey, User
from images.models import Image
from infrastructure.observability.logs import RedactionFilter, logging_settings
from tests.concurrency import eventually
from tests.faults.web import COMMANDS, WebProcess
from tests.images.providers.stand_in import ProviderStandIn
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = "a confidential prompt"


@pytest.fixture
def log_stream(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """The output of the production log handler."""
    stream = io.StringIO()
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonFormatter):
            monkeypatch.setattr(handler, "stream", stream)
    return stream


def production_line(record: logging.LogRecord) -> dict[str, Any]:
    """Return the record as production logs it."""
    spec = dict(logging_settings(debug=False)["formatters"]["json"])
    RedactionFilter().filter(record)
    line: dict[str, Any] = json.loads(logging.config.DictConfigurator({}).configure_formatter(spec).format(record))
    return line


def test_a_line_is_json_with_its_ids() -> None:
    record = logging.makeLogRecord({"name": "images", "levelname": "INFO", "msg": "image made", "image": "an id"})
    assert production_line(record) | {"time": None} == {
        "time": None,
        "level": "INFO",
        "logger": "images",
        "message": "image made",
        "image": "an id",
    }


@pytest.mark.parametrize(
    ("path", "host", "message"),
    [
        ("/i/a-picture's-link?q=marked", "testserver", "a request was refused: csrf, CSRF cookie not set."),
        ("/pricing?q=marked", "marked.example", "a request was refused: DisallowedHost"),
    ],
)
def test_a_rejected_request_is_logged_without_its_url(
    log_stream: io.StringIO, path: str, host: str, message: str
) -> None:
    Client(enforce_csrf_checks=True).post(path, headers={"host": host})
    lines = [json.loads(line) for line in log_stream.getvalue().splitlines()]
    assert message in [line["message"] for line in lines]
    assert any(line["logger"] == "website.request_log" for line in lines)
    assert not [line for line in lines if "marked" in str(line) or "link" in str(line)]


def test_an_error_is_logged_without_its_message() -> None:
    error = RuntimeError("marked")
    message = f"Task exception was never retrieved\nfuture: {error!r}"
    record = logging.makeLogRecord({"name": "asyncio", "msg": message, "exc_info": (RuntimeError, error, None)})
    assert production_line(record)["message"].startswith("Task exception was never retrieved: RuntimeError")
    assert "marked" not in str(production_line(record))


def test_every_mcp_request_is_logged_with_its_key(
    server: Server, alice: User, alices_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Agent(server.url, alices_key).send({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    line = eventually(
        lambda: next(
            (record for record in caplog.records if record.name == "infrastructure.observability.instrumentation"), None
        )
    )
    assert (line.user, line.key) == (str(alice.pk), str(ApiKey.objects.get().pk))  # type: ignore[attr-defined]


def test_in_production_a_process_writes_only_json(
    transactional_db: None, provider: ProviderStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "verbose", ["uvicorn", "config.asgi:application", "--fd"])
    with WebProcess(provider, tmp_path / "web", program="verbose", DEBUG="0", ALLOWED_HOSTS="127.0.0.1") as web:
        httpx2.get(f"{web.url}/pricing", params={"q": PROMPT})
        web.process.terminate()
        web.process.wait()
    lines = [json.loads(line) for line in (tmp_path / "web").read_text().splitlines()]
    assert {"website.request_log", "uvicorn.error"} == {line["logger"] for line in lines}


def test_every_entry_point_logs_its_requests_without_the_prompt(
    server: Server, alice: User, alices_key: str, worker: WorkerThread, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    caplog.set_level(logging.DEBUG)
    agent = Agent(server.url, alices_key)
    agent.generate(PROMPT)
    agent.generate(f"{PROMPT} [sandbox:garbage]")
    headers = {"Authorization": f"Bearer {alices_key}"}
    httpx2.post(f"{server.url}/api/v1/images", json={"prompt": PROMPT, "modelId": "nothing"}, headers=headers)
    httpx2.get(f"{server.url}/pricing", params={"q": PROMPT})
    httpx2.get(f"{server.url}/{PROMPT}")
    # The clients and servers of this test log URLs, which production does not log.
    records = [
        record for record in caplog.records if not record.name.startswith(("uvicorn", "http", "asyncio", "psycopg"))
    ]
    lines = [f"{record.getMessage()} {record.exc_text} {record.__dict__}" for record in records]
    assert not [line for line in lines if PROMPT in line or alices_key in line]
    summaries = [record.getMessage().partition(" in ")[0] for record in records if record.levelno == logging.INFO]
    assert {"tool getimages_generate_image: ok", "POST api-images: 422", "GET pricing: 200"} <= set(summaries)
    image = str(Image.objects.filter(status="succeeded").get().pk)
    jobs = [record for record in records if record.getMessage() == f"image {image}: attempt 1 succeeded"]
    assert [(record.image, record.user) for record in jobs] == [(image, str(alice.pk))]  # type: ignore[attr-defined]
