"""The log: JSON in production with the ids of what a line is about, and nowhere what was said or a secret."""

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
from infrastructure.logs import RedactionFilter, logging_settings
from tests.concurrency import eventually
from tests.faults.web import COMMANDS, WebProcess
from tests.images.providers.stand_in import ProviderStandIn
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

WISH = "a wish that is nobody's business"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What production's handler writes."""
    stream = io.StringIO()
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonFormatter):
            monkeypatch.setattr(handler, "stream", stream)
    return stream


def production_line(record: logging.LogRecord) -> dict[str, Any]:
    """Return what production writes of this record."""
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
    ("path", "host", "said"),
    [
        ("/i/a-picture's-link?q=marked", "testserver", "a request was refused: csrf, CSRF cookie not set."),
        ("/pricing?q=marked", "marked.example", "a request was refused: DisallowedHost"),
    ],
)
def test_a_refusal_is_logged_without_its_address(written: io.StringIO, path: str, host: str, said: str) -> None:
    Client(enforce_csrf_checks=True).post(path, headers={"host": host})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert said in [line["message"] for line in lines]
    assert any(line["logger"] == "website.request_log" for line in lines)
    assert not [line for line in lines if "marked" in str(line) or "link" in str(line)]


def test_an_error_is_logged_without_its_words() -> None:
    error = RuntimeError("marked")
    words = f"Task exception was never retrieved\nfuture: {error!r}"
    record = logging.makeLogRecord({"name": "asyncio", "msg": words, "exc_info": (RuntimeError, error, None)})
    assert production_line(record)["message"].startswith("Task exception was never retrieved: RuntimeError")
    assert "marked" not in str(production_line(record))


def test_every_request_of_an_agent_is_a_line_with_its_key(
    server: Server, alice: User, alices_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    Agent(server.url, alices_key).send({"jsonrpc": "2.0", "id": 1, "method": "ping"})
    line = eventually(
        lambda: next((each for each in caplog.records if each.name == "infrastructure.instrumentation"), None)
    )
    assert (line.user, line.key) == (str(alice.pk), str(ApiKey.objects.get().pk))  # type: ignore[attr-defined]


def test_in_production_a_process_writes_json_and_nothing_else(
    transactional_db: None, provider: ProviderStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COMMANDS, "talkative", ["uvicorn", "config.asgi:application", "--fd"])
    with WebProcess(provider, tmp_path / "web", program="talkative", DEBUG="0", ALLOWED_HOSTS="127.0.0.1") as web:
        httpx2.get(f"{web.url}/pricing", params={"q": WISH})
        web.process.terminate()
        web.process.wait()
    lines = [json.loads(line) for line in (tmp_path / "web").read_text().splitlines()]
    assert {"website.request_log", "uvicorn.error"} == {line["logger"] for line in lines}


def test_every_door_leaves_its_line_and_none_what_was_said(
    server: Server, alice: User, alices_key: str, worker: WorkerThread, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    caplog.set_level(logging.DEBUG)
    agent = Agent(server.url, alices_key)
    agent.generate(WISH)
    agent.generate(f"{WISH} [sandbox:garbage]")
    headers = {"Authorization": f"Bearer {alices_key}"}
    httpx2.post(f"{server.url}/api/v1/images", json={"prompt": WISH, "modelId": "nothing"}, headers=headers)
    httpx2.get(f"{server.url}/pricing", params={"q": WISH})
    httpx2.get(f"{server.url}/{WISH}")
    # The clients and servers of this test write addresses that production never logs.
    ours = [each for each in caplog.records if not each.name.startswith(("uvicorn", "http", "asyncio", "psycopg"))]
    said = [f"{each.getMessage()} {each.exc_text} {each.__dict__}" for each in ours]
    assert not [line for line in said if WISH in line or alices_key in line]
    begun = [each.getMessage().partition(" in ")[0] for each in ours if each.levelno == logging.INFO]
    assert {"tool getimages_generate_image: ok", "POST api-images: 422", "GET pricing: 200"} <= set(begun)
    image = str(Image.objects.filter(status="succeeded").get().pk)
    jobs = [each for each in ours if each.getMessage() == f"image {image}: attempt 1 succeeded"]
    assert [(each.image, each.user) for each in jobs] == [(image, str(alice.pk))]  # type: ignore[attr-defined]
