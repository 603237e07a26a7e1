"""Every response to valid and invalid requests is as the OpenAPI document describes it.

schemathesis sends the documented examples, boundary values, random valid and invalid requests, and sequences of calls,
with all of its checks. It runs as a process of its own, from the command line.
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
from api.openapi.document import openapi
from images.listener import listener
from tests.factories import create_user, finished_image, queued_image
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = 4
# Without a key, all requests have the same response.
EXAMPLES_WITHOUT_KEY = 2
OFTEN_ACCEPTED = {f"GET /api/v1/{path}" for path in ("account", "images", "models", "usage")} | {"POST /api/v1/images"}
# A body that fits its schema may still be rejected: the schema cannot list the models, which staff can add, or exclude
# a prompt of white space only, and no source has a random id. A file of random bytes is no picture, and a request
# without a body has no media type. All other checks are unchanged.
CONFIGURATION = """
[[operations]]
include-operation-id = "createImage"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "404", "409", "422"]

[[operations]]
include-operation-id = "createCollection"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "409", "422"]

[[operations]]
include-operation-id = "renameCollection"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "404", "409", "422"]

[[operations]]
include-operation-id = "createUpload"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "409", "415", "422"]

# A random host name is not on the public internet, and a request without a body has no media type.
[[operations]]
include-operation-id = "createWebhook"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "409", "422"]

[[operations]]
include-operation-id = "changeWebhook"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "404", "415", "422"]

[[operations]]
include-operation-id = "getImageContent"
parameters = {{ image_id = "{finished}" }}

[[operations]]
include-operation-id = "cancelImage"
parameters = {{ image_id = "{queued}" }}
"""


@pytest.fixture
def server_without_waits(server: Server, transactional_db: None) -> Iterator[Server]:
    """A server that does not wait for images, because no worker generates any."""
    server.run(set_closing(True))
    yield server
    server.run(set_closing(False))


@pytest.fixture
def rich(transactional_db: None) -> User:
    return create_user("rich@example.com", credits=10**6)


async def set_closing(closing: bool) -> None:
    listener().closing = closing


def fuzz(server: Server, folder: Path, user: User, *options: str) -> dict[str, Any]:
    """Run schemathesis and return its report; its output is the failure message if a check fails."""
    configuration, report = folder / "schemathesis.toml", folder / "report.json"
    configuration.write_text(CONFIGURATION.format(finished=finished_image(user).id, queued=queued_image(user).id))
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run"]
    options_of_run = ["--url", server.url, "--max-examples", str(EXAMPLES), "--generation-deterministic"]
    output_options = ["--report-json-path", str(report), "--no-color", "--continue-on-failure"]
    process = subprocess.run(
        [*command, f"{server.url}/api/v1/openapi.json", *options_of_run, *output_options, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    result: dict[str, Any] = json.loads(report.read_text())
    return result


def accepted(report: dict[str, Any]) -> set[str]:
    """Return the operations with at least one successful response."""
    rates = report["valid_rates"]
    return {operation for operation, phases in rates.items() if any(phase["accepted"] for phase in phases.values())}


def test_with_a_key_every_response_is_as_documented(server_without_waits: Server, rich: User, tmp_path: Path) -> None:
    key = api_keys.create(rich, name="rich")[1]
    report = fuzz(server_without_waits, tmp_path, rich, "--header", f"Authorization: Bearer {key}")
    calls = [method for path in openapi()["paths"].values() for method in path]
    # schemathesis skips the operation from which it read the document.
    assert report["operations"]["tested"] == len(calls) - 1
    assert accepted(report) >= OFTEN_ACCEPTED


def test_responses_for_existing_images_are_as_documented(
    server_without_waits: Server, rich: User, tmp_path: Path
) -> None:
    key = api_keys.create(rich, name="rich")[1]
    calls = ["--include-operation-id", "getImageContent", "--include-operation-id", "cancelImage"]
    report = fuzz(server_without_waits, tmp_path, rich, "--header", f"Authorization: Bearer {key}", *calls)
    assert len(accepted(report)) == 2


@pytest.mark.long
def test_without_a_key_every_response_is_as_documented(
    server_without_waits: Server, rich: User, tmp_path: Path
) -> None:
    options = ("--max-examples", str(EXAMPLES_WITHOUT_KEY))
    assert accepted(fuzz(server_without_waits, tmp_path, rich, *options)) == set()
