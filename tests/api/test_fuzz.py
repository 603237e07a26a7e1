"""Whatever the document lets one ask, and whatever it forbids, is answered as the document says.

schemathesis sends what the document shows, what lies at the edges of its schemas, random requests inside and outside
of them, and calls in sequences; all of its checks are made. It runs in a process of its own, as its users run it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts import api_keys
from accounts.models import User
from api.openapi_document import openapi
from images.listener import listener
from tests.factories import create_user, finished_image, queued_image
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = 15
OFTEN_ACCEPTED = {f"GET /api/v1/{path}" for path in ("account", "images", "models", "usage")} | {"POST /api/v1/images"}
# A body that fits its schema may be refused with 422, because a schema cannot say which models there are (staff add
# some), nor that a prompt is more than white space. No other check is loosened, and none is left out.
CONFIGURATION = """
[[operations]]
include-operation-id = "createImage"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "409", "422"]

[[operations]]
include-operation-id = "getImageContent"
parameters = {{ image_id = "{finished}" }}

[[operations]]
include-operation-id = "cancelImage"
parameters = {{ image_id = "{queued}" }}
"""


@pytest.fixture
def hasty_server(server: Server, transactional_db: None) -> Iterator[Server]:
    """A server in which nobody waits for an image, because nobody makes any."""
    server.run(end_waits(True))
    yield server
    server.run(end_waits(False))


@pytest.fixture
def rich(transactional_db: None) -> User:
    return create_user("rich@example.com", credits=10**6)


async def end_waits(ended: bool) -> None:
    listener().closing = ended


def fuzz(server: Server, folder: Path, user: User, *options: str) -> dict[str, Any]:
    """Return schemathesis's report of a whole run; its words are the reason if it found anything."""
    configuration, report = folder / "schemathesis.toml", folder / "report.json"
    configuration.write_text(CONFIGURATION.format(finished=finished_image(user).id, queued=queued_image(user).id))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run"]
    how = ["--url", server.url, "--max-examples", str(EXAMPLES), "--generation-deterministic"]
    where = ["--report-json-path", str(report), "--no-color", "--continue-on-failure"]
    done = subprocess.run(
        [*command, f"{server.url}/api/v1/openapi.json", *how, *where, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    facts: dict[str, Any] = json.loads(report.read_text())
    return facts


def accepted(report: dict[str, Any]) -> set[str]:
    """Return the calls of which at least one was answered with what it is for."""
    rates = report["valid_rates"]
    return {call for call, phases in rates.items() if any(phase["accepted"] for phase in phases.values())}


def test_with_a_key_every_answer_is_as_documented(hasty_server: Server, rich: User, tmp_path: Path) -> None:
    key = api_keys.create(rich, name="rich")[1]
    report = fuzz(hasty_server, tmp_path, rich, "--header", f"Authorization: Bearer {key}")
    calls = [method for path in openapi()["paths"].values() for method in path]
    # schemathesis leaves out the call that it has read the document with.
    assert report["operations"]["tested"] == len(calls) - 1
    assert accepted(report) >= OFTEN_ACCEPTED


def test_the_answers_about_images_that_there_are_are_as_documented(
    hasty_server: Server, rich: User, tmp_path: Path
) -> None:
    key = api_keys.create(rich, name="rich")[1]
    calls = ["--include-operation-id", "getImageContent", "--include-operation-id", "cancelImage"]
    report = fuzz(hasty_server, tmp_path, rich, "--header", f"Authorization: Bearer {key}", *calls)
    assert len(accepted(report)) == 2


def test_without_a_key_every_answer_is_as_documented(hasty_server: Server, rich: User, tmp_path: Path) -> None:
    assert accepted(fuzz(hasty_server, tmp_path, rich)) == set()
