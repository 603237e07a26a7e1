"""The page `/docs/openai`, and its code samples, run against the service."""

import functools
import json
import os
import sys
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from tests.clients.service import NODE
from tests.rendered import words
from tests.website.docs.samples import Run, code_blocks, parse_response, program
from tests.worker_thread import WorkerThread
from website.templatetags.code_blocks import snippet_text

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = "website/docs/openai/snippets"
FILES = sorted(path.name for path in (settings.BASE_DIR / "templates" / FOLDER).iterdir())


@pytest.fixture
def run(run_sample: Run) -> Run:
    """Run a sample of the page."""
    return functools.partial(run_sample, FOLDER)


def assert_saved(output: str, folder: Path, name: str = "kite", size: tuple[int, int] = (1536, 1024)) -> None:
    """Check the output of a longer sample, and the file that it saves."""
    (picture,) = folder.glob(f"{name}.*")
    assert output == f"Saved {picture.name}.\n"
    with Image.open(picture) as opened:
        assert (opened.size, str(opened.format).lower()) == (size, picture.suffix.removeprefix("."))


def packages(home: Path) -> None:
    """Install the JavaScript SDK in the folder of the samples."""
    installed = NODE / "clients/node_modules"
    if not installed.exists():
        (pytest.fail if os.environ.get("REQUIRE_NODE") else pytest.skip)("`make node` installs the SDK")
    (home / "node_modules").symlink_to(installed)


@pytest.fixture
def _photo(home: Path) -> None:
    Image.new("RGB", (300, 200), "teal").save(home / "photo.png")


@pytest.mark.usefixtures("_photo", "worker")
def test_the_curl_sample_edits_a_picture(run: Run) -> None:
    (image,) = json.loads(run("edit.sh"))["data"]
    with urllib.request.urlopen(image["url"]) as picture, Image.open(picture) as opened:  # noqa: S310 - it is our own
        assert opened.size == (1536, 1024)


@pytest.mark.usefixtures("_photo", "worker")
def test_the_python_sample_edits_a_picture(run: Run, home: Path) -> None:
    assert_saved(run("edit.py", sys.executable), home, "night", (1536, 1024))


@pytest.mark.needs_node
@pytest.mark.usefixtures("_photo", "worker")
def test_the_javascript_sample_edits_a_picture(run: Run, home: Path) -> None:
    packages(home)
    assert_saved(run("edit.mjs", program("node")), home, "night", (1536, 1024))


def test_the_curl_sample_returns_a_working_link(run: Run, worker: WorkerThread) -> None:
    (image,) = json.loads(run("image.sh"))["data"]
    with urllib.request.urlopen(image["url"]) as picture, Image.open(picture) as opened:  # noqa: S310 - it is our own
        assert opened.size == (1536, 1024)


def test_the_python_sample_saves_the_image(run: Run, worker: WorkerThread, home: Path) -> None:
    assert_saved(run("image.py", sys.executable), home)


@pytest.mark.needs_node
def test_the_javascript_sample_saves_the_image(run: Run, worker: WorkerThread, home: Path) -> None:
    packages(home)
    assert_saved(run("image.mjs", program("node")), home)


def test_the_models_are_listed(run: Run) -> None:
    assert "openai:gpt-image-2" in {model["id"] for model in json.loads(run("models.sh"))["data"]}


def test_the_error_names_the_sizes_that_there_are(run: Run) -> None:
    status, _, body = parse_response(run("error.sh"))
    assert (status, body["error"]["code"], body["error"]["param"]) == (400, "invalid_arguments", "size")
    assert "1536x1024" in body["error"]["message"]


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_tested_sample(client: Client, name: str) -> None:
    assert snippet_text(f"{FOLDER}/{name}", settings.SITE_URL) in code_blocks(client.get("/docs/openai").text)


def test_the_page_describes_parameters_and_sizes(client: Client) -> None:
    page = words(client.get("/docs/openai"))
    assert "output_compression" in page
    assert "1792x1024 16:9 1K" in page


@pytest.mark.parametrize("path", ["/docs/api", "/llms.txt"])
def test_other_documents_link_to_the_page(client: Client, path: str) -> None:
    assert "/docs/openai" in client.get(path).text
