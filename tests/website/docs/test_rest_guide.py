"""The samples of the guide at `/docs/api`, run as a reader runs them, against the service."""

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
    """Return where a program is; without it the test is left out, or fails where everything has to run."""
    path = shutil.which(name)
    if path is None:
        (pytest.fail if os.environ.get("REQUIRE_NODE") else pytest.skip)(f"it needs {name}")
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The empty folder in which samples are run."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def run(transactional_db: None, server: Server, alices_key: str, home: Path, settings: Any) -> Run:
    """Run a sample with Alice's key in an empty folder, and return what it prints."""
    settings.SANDBOX_PROVIDERS = "on"
    # Links in answers lead to where the service is.
    settings.SITE_URL = server.url

    program("curl")

    def run(name: str, *command: str, **more: str) -> str:
        file = home / name
        file.write_text(snippet_text(f"{FOLDER}/{name}", server.url))
        environment = {"PATH": os.environ["PATH"], "HOME": str(home), "GET_IMAGES_API_KEY": alices_key, **more}
        done = subprocess.run(
            [*(command or (program("bash"), "-eu")), file],
            cwd=home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SAMPLE_TIMEOUT_SECONDS,
            check=False,
        )
        file.unlink()
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def with_headers(answer: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and JSON of what `curl --include` prints."""
    head, _, body = answer.replace("\r\n", "\n").partition("\n\n")
    status, *lines = head.splitlines()
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, json.loads(body)


def test_the_balance_is_told(run: Run) -> None:
    assert json.loads(run("balance.sh"))["creditBalance"] == 100


def test_the_first_image_comes_with_a_link_that_opens(run: Run, worker: WorkerThread) -> None:
    image = json.loads(run("first_image.sh"))
    assert (image["status"], image["credits"]) == ("succeeded", {"charged": 5, "remaining": 95})
    with urllib.request.urlopen(image["imageUrl"]) as picture:  # noqa: S310 - it is our own
        assert Image.open(io.BytesIO(picture.read())).get_format_mimetype() == image["mediaType"]


def test_the_first_image_is_saved_with_python(run: Run, worker: WorkerThread, home: Path) -> None:
    assert_saved(run("first_image.py", sys.executable), home)


@pytest.mark.needs_node
def test_the_first_image_is_saved_with_javascript(run: Run, worker: WorkerThread, home: Path) -> None:
    assert_saved(run("first_image.mjs", program("node")), home)


def assert_saved(said: str, folder: Path) -> None:
    """Check what the longer samples say and leave behind."""
    (picture,) = folder.glob("kite.*")
    assert said == f"Saved {picture.name}. 95 credits are left.\n"
    with Image.open(picture) as opened:
        width, height = opened.size
    assert width / height == pytest.approx(3 / 2, rel=0.02)


def test_the_python_sample_tells_of_an_error(run: Run) -> None:
    with pytest.raises(AssertionError, match=r"invalid_key: This is no API key"):
        run("first_image.py", sys.executable, GET_IMAGES_API_KEY="sk_mistyped")


@pytest.mark.needs_node
def test_the_javascript_sample_tells_of_an_error(run: Run) -> None:
    with pytest.raises(AssertionError, match=r"invalid_key: This is no API key"):
        run("first_image.mjs", program("node"), GET_IMAGES_API_KEY="sk_mistyped")


def test_whoever_does_not_wait_gets_202_and_a_place_to_ask(run: Run) -> None:
    status, headers, image = with_headers(run("respond_async.sh"))
    assert (status, image["status"], image["imageUrl"]) == (202, "queued", None)
    assert headers["location"].endswith(f"/api/v1/images/{image['id']}")


def test_waiting_for_an_image_brings_it_finished(run: Run, worker: WorkerThread) -> None:
    _, _, asked = with_headers(run("respond_async.sh"))
    image = json.loads(run("wait.sh", IMAGE_ID=asked["id"]))
    assert (image["id"], image["status"]) == (asked["id"], "succeeded")


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


def test_a_retry_is_the_same_image_and_charged_once(run: Run, worker: WorkerThread) -> None:
    status, headers, first = with_headers(run("retry.sh"))
    assert status == 201
    assert "idempotent-replayed" not in headers
    _, headers, second = with_headers(run("retry.sh"))
    assert headers["idempotent-replayed"] == "true"
    assert (second["id"], second["credits"]) == (first["id"], {"charged": 5, "remaining": 95})


def test_images_are_listed_newest_first(run: Run) -> None:
    asked = [with_headers(run("respond_async.sh"))[2]["id"] for _ in range(2)]
    page = json.loads(run("list.sh"))
    assert [image["id"] for image in page["images"]] == asked[::-1]
    assert (page["total"], page["limit"], page["offset"]) == (2, 10, 0)


def test_a_queued_image_is_cancelled_and_its_credits_come_back(run: Run) -> None:
    _, _, asked = with_headers(run("respond_async.sh"))
    assert asked["credits"]["remaining"] == 95
    cancelled = json.loads(run("cancel.sh", IMAGE_ID=asked["id"]))
    assert (cancelled["status"], cancelled["credits"]["remaining"]) == ("cancelled", 100)


def test_a_finished_image_is_deleted(run: Run, worker: WorkerThread) -> None:
    image = json.loads(run("first_image.sh"))
    assert run("delete.sh", IMAGE_ID=image["id"]) == ""
    assert json.loads(run("list.sh"))["total"] == 0


def test_models_are_listed_with_their_prices(run: Run) -> None:
    models = {model["modelId"]: model for model in json.loads(run("models.sh"))["models"]}
    assert models["openai:gpt-image-2"]["credits"] == 5


def test_an_error_explains_itself(run: Run) -> None:
    status, headers, problem = with_headers(run("error.sh"))
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert (problem["code"], problem["errors"][0]["field"]) == ("invalid_arguments", "modelId")


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_exactly_what_is_tested(client: Client, name: str) -> None:
    assert snippet_text(f"{FOLDER}/{name}", settings.SITE_URL) in code_blocks(client.get("/docs/api").text)


def code_blocks(html: str) -> list[str]:
    """Return the text of each code block, as the copy button takes it."""
    blocks = re.findall(r"<pre><code>(.*?)</code></pre>", html, re.DOTALL)
    return [unescape(re.sub(r"<[^>]*>", "", block)) for block in blocks]
