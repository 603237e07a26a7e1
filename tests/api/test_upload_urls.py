"""Uploads by URL: fetched from public addresses only."""

from collections.abc import Iterator
from typing import Any

import pytest

from images.models import Upload
from tests.api.program import Program, problem, status_and_code
from tests.images.upload_files import SVG, photo, png
from tests.infrastructure.outbound.stand_ins import Host, SilentListener, response

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener() -> Iterator[SilentListener]:
    with SilentListener() as listener:
        yield listener


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True


def test_a_picture_is_fetched(program: Program, loopback: None) -> None:
    with Host(response(b"Content-Type: text/plain", body=photo())) as host:
        created = program.post("uploads", json={"url": f"{host.url}/a.jpg?key=1"})
    assert (created.status_code, created.json()["mediaType"]) == (201, "image/jpeg")
    assert host.paths == ["/a.jpg?key=1"]
    assert host.headers[0]["Accept"] == "image/*"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (response(body=SVG), "not a complete PNG, JPEG or WebP picture"),
        (response(status=b"404 Not Found", body=png()), "responded with status 404"),
        (response(b"Location: http://127.0.0.1:1/", status=b"302 Found"), "responded with status 302"),
        (response(body=bytes(20 * 1024 * 1024 + 1)), "more than 20971520 bytes"),
    ],
    ids=["no picture", "404", "redirect", "too large"],
)
def test_an_unusable_response_is_an_error_of_the_field(
    program: Program, loopback: None, answer: Any, reason: str
) -> None:
    with Host(answer) as host:
        created = program.post("uploads", json={"url": host.url})
    assert status_and_code(created) == (422, "invalid_arguments")
    assert [(error["field"], reason in error["detail"]) for error in problem(created)["errors"]] == [("url", True)]
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{}/a.png",
        "https://127.0.0.1:{}/a.png",
        "https://localhost:{}/a.png",
        "http://[::1]:{}/a.png",
        "https://127.0.0.1/a.png",
        "https://10.0.0.1/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/a.png",
        "https://user:secret@example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
        "",
    ],
)
def test_nothing_is_sent_to_private_addresses(program: Program, listener: SilentListener, url: str) -> None:
    created = program.post("uploads", json={"url": url.format(listener.port)})
    assert status_and_code(created) == (422, "invalid_arguments")
    assert problem(created)["errors"][0]["field"] == "url"
    assert not listener.was_contacted()


def test_a_long_url_is_an_error(program: Program) -> None:
    created = program.post("uploads", json={"url": "https://example.com/" + "a" * 4096})
    assert "Must have at most 4,096 characters." in problem(created)["detail"]
