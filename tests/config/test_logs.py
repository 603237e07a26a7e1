"""The log: JSON in production with the ids of what a line is about, and nowhere what was said or a secret."""

import json
import logging
import logging.config
from typing import Any

import httpx2
import pytest

from accounts.models import User
from config.log_settings import logging_settings
from images.models import Image
from tests.conftest import WorkerThread
from tests.mcp_gateway.conftest import Agent
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

WISH = "a wish that is nobody's business"


def test_a_line_is_json_with_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler()
    spec = dict(logging_settings(debug=False)["formatters"]["json"])
    handler.setFormatter(logging.config.DictConfigurator({}).configure_formatter({**spec}))
    record = logging.makeLogRecord({"name": "images", "levelname": "INFO", "msg": "image made", "image": "an id"})
    line = json.loads(handler.format(record))
    assert line | {"time": None} == {
        "time": None,
        "level": "INFO",
        "logger": "images",
        "message": "image made",
        "image": "an id",
    }


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
