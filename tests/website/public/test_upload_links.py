"""The link of an upload ticket: by curl, by a program without a key, and in a browser."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import User
from api import problems
from images.exceptions import TooManyUploads
from images.models import Upload
from images.pictures import raster
from images.storage import files
from images.uploads import tickets, uploads
from tests.concurrency import at_once
from tests.factories import caller_of
from tests.images.upload_files import UNUSABLE, png
from tests.rendered import words
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def link(user: User) -> str:
    return tickets.url(uploads.create_ticket(caller_of(user)))


def path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def put(client: Client, url: str, content: bytes = b"") -> Any:
    return client.put(path(url), content or png(), content_type="application/octet-stream")


def post_form(client: Client, url: str, content: bytes = b"", **options: Any) -> Any:
    form = {"file": SimpleUploadedFile("a.png", content or png())}
    return client.post(path(url), form, **options)


def test_curl_uploads_a_file_once(alice: User, server: Server, settings: Any, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    settings.SITE_URL = server.url
    # Above the limit of other paths, and large enough for curl to wait for 100 Continue.
    (tmp_path / "picture.png").write_bytes(png() + bytes(3 * 1024 * 1024))
    result = tickets.result(uploads.create_ticket(caller_of(alice)))
    command = result.curl.split()
    runs = [subprocess.run(command, cwd=tmp_path, capture_output=True, check=False) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0]
    assert runs[1].returncode == 22
    assert b'"upload_expired"' in runs[1].stdout
    assert str(result.id).encode() in runs[0].stdout
    assert Upload.objects.get().width == 64


def test_a_put_and_a_form_answer_with_the_upload(client: Client, alice: User) -> None:
    for send in (put, post_form):
        response = send(client, link(alice))
        assert (response.status_code, response["Content-Type"]) == (201, "application/json")
        document = response.json()
        assert (document["mediaType"], document["width"]) == ("image/png", 64)
        assert uploads.find(caller_of(alice), document["id"]).sha256 == document["sha256"]
        assert "no-store" in response["Cache-Control"]


def test_no_csrf_token_is_required() -> None:
    client = Client(enforce_csrf_checks=True)
    alice = User.objects.create_user("csrf@example.com")
    assert post_form(client, link(alice)).status_code == 201


def test_a_used_expired_forged_or_deleted_link_is_gone(client: Client, alice: User) -> None:
    used, expired, deleted, suspended = (link(alice) for _ in range(4))
    put(client, used)
    Upload.objects.filter(pk=tickets.upload_id(expired.rpartition("/")[2])).update(expires_at=timezone.now())
    uploads.delete(caller_of(alice), tickets.upload_id(deleted.rpartition("/")[2]))
    forged = used[:-1] + ("A" if used[-1] != "A" else "B")
    for url in (used, expired, deleted, forged, used.rpartition("/")[0] + "/x"):
        response = put(client, url)
        assert (response.status_code, response["Content-Type"]) == (410, problems.MEDIA_TYPE)
        assert response.json()["code"] == "upload_expired"
        page = client.get(path(url))
        assert page.status_code == 410
        assert "This upload link no longer works." in words(page)
    User.objects.update(suspended_at=timezone.now())
    assert put(client, suspended).status_code == 410


def test_a_failed_upload_leaves_the_link_usable(client: Client, alice: User) -> None:
    url = link(alice)
    for content, reason in UNUSABLE.values():
        response = client.put(path(url), content, content_type="image/png")
        assert response.status_code == 422
        assert reason in response.json()["detail"]
    too_large = client.put(path(url), bytes(20 * 1024 * 1024 + 1), content_type="image/png")
    assert (too_large.status_code, too_large.json()["code"]) == (413, "too_large")
    assert put(client, url).status_code == 201


def test_two_uploads_at_once_use_a_link_once(alice: User) -> None:
    ticket = uploads.create_ticket(caller_of(alice))
    # Two are equal: neither may remove the file of the other.
    pictures = [png(colour=colour) for colour in ("red", "green", "blue", "red")]
    outcomes = at_once(*[lambda content=content: uploads.redeem(ticket.pk, content) for content in pictures])
    assert sorted(outcomes) == ["done", *3 * ["upload_expired"]]
    stored = Upload.objects.get()
    assert files.read(stored.file_name)
    assert files.backend().listdir(uploads.folder(stored.pk))[1] == [stored.file_name.rpartition("/")[2]]


def test_a_link_that_was_tried_too_often_is_gone(client: Client, alice: User) -> None:
    url = link(alice)
    for _ in range(uploads.TICKET_ATTEMPTS_MAX):
        assert put(client, url, b"no picture").status_code == 422
    response = put(client, url)
    assert (response.status_code, response.json()["code"]) == (410, "upload_expired")
    assert "used too many times" in response.json()["detail"]
    assert client.get(path(url)).status_code == 410


def test_of_two_uses_of_a_link_at_once_the_larger_counts(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 1000)
    ticket = uploads.create_ticket(caller_of(alice))
    # What the other use has written, before it stores its file.
    Upload.objects.update(byte_size=1001)
    with pytest.raises(TooManyUploads):
        uploads.redeem(ticket.pk, png())
    Upload.objects.update(byte_size=900)
    assert len(png()) < 900
    assert uploads.redeem(ticket.pk, png()).byte_size == len(png())


class ObservedLock:
    """In place of the lock of the decoder: records whether the thread that enters it holds a database connection."""

    def __init__(self) -> None:
        self.connections_held: list[bool] = []

    def __enter__(self) -> None:
        self.connections_held.append(connection.connection is not None)

    def __exit__(self, *_: object) -> None:
        pass


def test_no_connection_is_held_while_a_picture_waits_for_the_decoder(
    alice: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = ObservedLock()
    monkeypatch.setattr(raster, "decoding", lock)
    client.force_login(alice)
    form = {"add_files": "yes", "files": SimpleUploadedFile("a.png", png())}
    assert client.post("/dashboard/generate/", form).status_code == 200
    assert Upload.objects.count() == 1
    assert lock.connections_held == [False]


def test_two_requests_at_once_use_a_link_once(alice: User, server: Server) -> None:
    url = server.url + path(link(alice))
    statuses: list[int] = []
    at_once(*4 * [lambda: statuses.append(httpx2.put(url, content=png()).status_code)])
    assert sorted(statuses) == [201, 410, 410, 410]


def test_the_page_has_a_form_that_works_without_script(client: Client, alice: User) -> None:
    url = link(alice)
    page = client.get(path(url))
    assert page.status_code == 200
    assert 'enctype="multipart/form-data"' in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert "no-store" in page["Cache-Control"]
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert "Choose a picture" in words(page)
    assert alice.email not in page.text
    done = post_form(client, url, headers=BROWSER)
    assert done.status_code == 201
    assert str(Upload.objects.get().pk) in words(done)
    assert client.get(path(url)).status_code == 410


def test_a_browser_sees_why_a_file_was_refused_and_can_choose_another(client: Client, alice: User) -> None:
    url = link(alice)
    for content, reason in ((b"<svg>", "not a complete PNG"), (bytes(20 * 1024 * 1024 + 1), "larger than 20971520")):
        page = post_form(client, url, content, headers=BROWSER)
        assert page.status_code in {413, 422}
        assert reason in words(page)
        assert 'type="file"' in page.text
    assert post_form(client, url, headers=BROWSER).status_code == 201
    assert "no longer works" in words(post_form(client, url, headers=BROWSER))


def test_other_methods_are_not_allowed(client: Client, alice: User) -> None:
    assert client.delete(path(link(alice))).status_code == 405
