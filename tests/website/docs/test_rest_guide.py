"""The code samples of `/docs/api`, run against the service."""

import functools
import io
import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from accounts.models import User
from images.uploads import uploads
from tests.factories import caller_of, finished_image
from tests.images.upload_files import mask_png, png
from tests.infrastructure.outbound.stand_ins import Host, response
from tests.website.docs.samples import Run, code_blocks, parse_response, program
from tests.worker_thread import WorkerThread
from website.templatetags.code_blocks import snippet_text

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = "website/docs/api/snippets"
FILES = sorted(path.name for path in (settings.BASE_DIR / "templates" / FOLDER).iterdir())


@pytest.fixture
def run(run_sample: Run) -> Run:
    """Run a sample of the page."""
    return functools.partial(run_sample, FOLDER)


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


def boat(home: Path) -> None:
    Image.new("RGB", (960, 640), "navy").save(home / "boat.jpg")


def test_an_uploaded_file_is_edited_and_the_result_edited_with_a_mask(
    run: Run, worker: WorkerThread, home: Path, alice: User
) -> None:
    boat(home)
    upload = json.loads(run("upload.sh"))
    assert (upload["mediaType"], upload["width"], upload["height"]) == ("image/jpeg", 960, 640)
    first = json.loads(run("edit.sh", SOURCE_ID=upload["id"]))
    assert (first["status"], first["sources"][0]["id"]) == ("succeeded", upload["id"])
    mask = uploads.store(caller_of(alice), mask_png(first["width"], first["height"]))
    second = json.loads(run("edit_with_mask.sh", SOURCE_ID=first["id"], MASK_ID=str(mask.id)))
    assert (second["status"], second["credits"]["remaining"]) == ("succeeded", 90)
    lineage = json.loads(run("lineage.sh", IMAGE_ID=first["id"]))
    assert (lineage["ancestors"], [image["id"] for image in lineage["descendants"]]) == ([], [second["id"]])


def test_the_python_sample_edits_a_file(run: Run, worker: WorkerThread, home: Path) -> None:
    boat(home)
    assert_edited(run("edit.py", sys.executable), home)


@pytest.mark.needs_node
def test_the_javascript_sample_edits_a_file(run: Run, worker: WorkerThread, home: Path) -> None:
    boat(home)
    assert_edited(run("edit.mjs", program("node")), home)


def assert_edited(output: str, folder: Path) -> None:
    (picture,) = folder.glob("edited.*")
    assert output == f"Saved {picture.name}. 95 credits are left.\n"
    with Image.open(picture) as opened:
        assert opened.width / opened.height == pytest.approx(3 / 2, rel=0.02)


def test_a_picture_is_uploaded_from_a_url(run: Run, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    with Host(response(b"Content-Type: image/png", body=png())) as host:
        assert json.loads(run("upload_url.sh", PICTURE_URL=host.url + "/boat.png"))["mediaType"] == "image/png"


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


def test_a_finished_image_is_shared(run: Run, worker: WorkerThread) -> None:
    image = json.loads(run("first_image.sh"))
    share = json.loads(run("share.sh", IMAGE_ID=image["id"]))
    with urllib.request.urlopen(share["url"]) as page:  # noqa: S310 - it is our own
        assert "A red kite over a calm sea" in page.read().decode()


def test_an_image_becomes_a_favourite_and_a_collection_is_created(run: Run, alice: User) -> None:
    image = finished_image(alice)
    assert run("favourite.sh", IMAGE_ID=str(image.pk)) == ""
    assert json.loads(run("list.sh"))["images"][0]["favourite"] is True
    assert json.loads(run("collection.sh"))["imageCount"] == 0


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
