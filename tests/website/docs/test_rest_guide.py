"""The code samples of `/docs/api`, run against the service."""

import io
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from tests.web_server import Server
from tests.worker_thread import WorkerThread
from website.templatetags.code_blocks import snippet_text

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = "website/docs/api/snippets"
FILES = sorted(path.name for path in (settings.BASE_DIR / "templates" / FOLDER).iterdir())
SAMPLE_TIMEOUT_SECONDS = 120

Run = Callable[..., str]


def program(name: str) -> str:
    """Return the path of a program. If it is missing, skip the test, or fail with REQUIRE_NODE."""
    path = shutil.which(name)
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_NODE") else pytest.skip)(f"this test needs {name}")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The empty working directory of the samples."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def run(transactional_db: None, server: Server, alices_key: str, home: Path, settings: Any) -> Run:
    """Run a sample with Alice's key in an empty folder, and return its output."""
    settings.SANDBOX_PROVIDERS = "on"
    # Links in responses use the URL of the test server.
    settings.SITE_URL = server.url

    program("curl")

    def run(name: str, *command: str, **variables: str) -> str:
        file = home / name
        file.write_text(snippet_text(f"{FOLDER}/{name}", server.url))
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GET_IMAGES_API_KEY": alices_key, **variables}
        process = subprocess.run(
            [*(command or (program("bash"), "-eu")), file],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SAMPLE_TIMEOUT_SECONDS,
            check=False,
        )
        file.unlink()
        assert process.returncode == 0, process.stderr
        return process.stdout

    return run


def parse_response(output: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and JSON body from the output of `curl --include`."""
    head, _, body = output.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, json.loads(body)


def test_the_balance_sample(run: Run) -> None:
    assert json.loads(run("balance.sh"))["creditBalance"] == 100


def test_the_curl_sample_returns_a_working_link(run: Run, worker: WorkerThread) -> None:
    image = json.loads(run("first_image.sh"))
    assert (image["status"], image["credits"]) == ("succeeded", {"charged": 5, "remaining": 95})
    with urllib.request.urlopen(image["imageUrl"]) as picture:  # noqa: S310 - it is our own
        assert Image.open(io.BytesIO(picture.read())).get_format_mimetype() == image["mediaType"]


def test_the_python_sample_saves_the_image(run: Run, worker: WorkerThread, home: Path) -> None:
    assert_saved(run("first_image.py", sys.executable), home)


@pytest.mark.needs_node
def test_the_javascript_sample_saves_the_image(run: Run, worker: WorkerThread, home: Path) -> None:
    assert_saved(run("first_image.mjs", program("node")), home)


def assert_saved(output: str, folder: Path) -> None:
    """Check the output of a longer sample, and the file that it saves."""
    (picture,) = folder.glob("kite.*")
    assert output == f"Saved {picture.name}. 95 credits are left.\n"
    with Image.open(picture) as opened:
        width, height = opened.size
    assert width / height == pytest.approx(3 / 2, rel=0.02)


def test_the_python_sample_reports_an_error(run: Run) -> None:
    with pytest.raises(AssertionError, match=r"invalid_key: This API key isn't valid"):
        run("first_image.py", sys.executable, GET_IMAGES_API_KEY="sk_mistyped")


@pytest.mark.needs_node
def test_the_javascript_sample_reports_an_error(run: Run) -> None:
    with pytest.raises(AssertionError, match=r"invalid_key: This API key isn't valid"):
        run("first_image.mjs", program("node"), GET_IMAGES_API_KEY="sk_mistyped")


def test_respond_async_returns_202_with_location(run: Run) -> None:
    status, headers, image = parse_response(run("respond_async.sh"))
    assert (status, image["status"], image["imageUrl"]) == (202, "queued", None)
    assert headers["location"].endswith(f"/api/v1/images/{image['id']}")


def test_waiting_returns_the_finished_image(run: Run, worker: WorkerThread) -> None:
    _, _, created = parse_response(run("respond_async.sh"))
    image = json.loads(run("wait.sh", IMAGE_ID=created["id"]))
    assert (image["id"], image["status"]) == (created["id"], "succeeded")


def test_picture_and_thumbnail_are_saved(run: Run, worker: WorkerThread, home: Path) -> None:
    image = json.loads(run("first_image.sh"))
    run("download.sh", IMAGE_ID=image["id"])
    (picture,) = home.iterdir()
    with Image.open(picture) as opened:
        assert opened.get_format_mimetype() == image["mediaType"]
    assert picture.stem == "a-red-kite-over-a-calm-sea"
    run("thumbnail.sh", IMAGE_ID=image["id"])
    with Image.open(home / "thumbnail.webp") as thumbnail:
        assert (thumbnail.format, max(thumbnail.size)) == ("WEBP", 512)


def test_a_retry_returns_the_same_image_and_charges_once(run: Run, worker: WorkerThread) -> None:
    status, headers, first = parse_response(run("retry.sh"))
    assert status == 201
    assert "idempotent-replayed" not in headers
    _, headers, second = parse_response(run("retry.sh"))
    assert headers["idempotent-replayed"] == "true"
    assert (second["id"], second["credits"]) == (first["id"], {"charged": 5, "remaining": 95})


def test_images_are_listed_newest_first(run: Run) -> None:
    created = [parse_response(run("respond_async.sh"))[2]["id"] for _ in range(2)]
    page = json.loads(run("list.sh"))
    assert [image["id"] for image in page["images"]] == created[::-1]
    assert (page["total"], page["limit"], page["offset"]) == (2, 10, 0)


def test_a_queued_image_is_cancelled_and_refunded(run: Run) -> None:
    _, _, created = parse_response(run("respond_async.sh"))
    assert created["credits"]["remaining"] == 95
    cancelled = json.loads(run("cancel.sh", IMAGE_ID=created["id"]))
    assert (cancelled["status"], cancelled["credits"]["remaining"]) == ("cancelled", 100)


def test_a_finished_image_is_deleted(run: Run, worker: WorkerThread) -> None:
    image = json.loads(run("first_image.sh"))
    assert run("delete.sh", IMAGE_ID=image["id"]) == ""
    assert json.loads(run("list.sh"))["total"] == 0


def test_models_are_listed_with_prices(run: Run) -> None:
    models = {model["modelId"]: model for model in json.loads(run("models.sh"))["models"]}
    assert models["openai:gpt-image-2"]["credits"] == 5


def test_an_error_is_a_problem_document(run: Run) -> None:
    status, headers, problem = parse_response(run("error.sh"))
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid_arguments", "modelId")


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_tested_sample(client: Client, name: str) -> None:
    assert snippet_text(f"{FOLDER}/{name}", settings.SITE_URL) in code_blocks(client.get("/docs/api").text)


def code_blocks(html: str) -> list[str]:
    """Return the text of each code block, as the copy button copies it."""
    blocks = re.findall(r"<pre><code>(.*?)</code></pre>", html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", "", block)) for block in blocks]
