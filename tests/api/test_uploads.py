"""Uploads over REST: file, form, URL and ticket; limits and errors."""

import hashlib
import io
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image as Pillow

from accounts.models import User
from images.models import Upload
from images.storage import files
from images.uploads import intake, uploads
from tests.api.program import Program, problem, status_and_code
from tests.concurrency import at_once
from tests.factories import caller_of
from tests.images.conftest import any_storage, s3_server  # noqa: F401
from tests.images.upload_files import CAMERA, SVG, UNUSABLE, encode, photo, png

pytestmark = pytest.mark.django_db(transaction=True)

PNG = {"Content-Type": "image/png"}
FIELDS = {"id", "mediaType", "width", "height", "byteSize", "sha256", "createdAt", "expiresAt"}
LIMIT = 20 * 1024 * 1024


def post_form(program: Program, *files: tuple[str, Any], **fields: Any) -> Any:
    return program.post("uploads", files=list(files), data=fields)


def ticket(program: Program) -> dict[str, Any]:
    response = program.post("uploads", json={})
    assert response.status_code == 201, response.text
    document: dict[str, Any] = response.json()
    return document


def test_a_file_is_stored_and_sent_back(program: Program, any_storage: str) -> None:  # noqa: F811
    response = program.post("uploads", content=png(), headers=PNG)
    assert response.status_code == 201
    document = response.json()
    assert document.keys() == FIELDS
    assert (document["mediaType"], document["width"], document["height"]) == ("image/png", 64, 48)
    assert response.headers["location"] == f"/api/v1/uploads/{document['id']}"
    assert program.get(f"uploads/{document['id']}").json() == document
    content = program.get(f"uploads/{document['id']}/content")
    assert (content.status_code, content.headers["content-type"]) == (200, "image/png")
    assert (len(content.content), hashlib.sha256(content.content).hexdigest()) == (
        document["byteSize"],
        document["sha256"],
    )
    part = program.get(f"uploads/{document['id']}/content", headers={"Range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, content.content[:8])


def test_the_thumbnail_of_an_upload_is_sent(program: Program, any_storage: str) -> None:  # noqa: F811
    document = program.post("uploads", content=png(1200, 800), headers=PNG).json()
    path = f"uploads/{document['id']}/content"
    response = program.get(f"{path}?size=thumbnail")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/webp")
    assert Pillow.open(io.BytesIO(response.content)).size == (512, 341)
    assert response.headers["content-length"] == str(len(response.content))
    assert response.headers["content-disposition"] == f'inline; filename="{document["id"]}-thumbnail.webp"'
    etag = response.headers["etag"]
    assert program.get(f"{path}?size=thumbnail", headers={"If-None-Match": etag}).status_code == 304
    full = program.get(f"{path}?size=full")
    assert full.content == program.get(path).content
    assert (full.headers["content-type"], full.headers["etag"] != etag) == ("image/png", True)


def test_an_upload_that_was_stored_without_a_thumbnail_is_sent_whole(program: Program, any_storage: str) -> None:  # noqa: F811
    path = f"uploads/{program.post('uploads', content=png(), headers=PNG).json()['id']}/content"
    # As the release before stores it.
    Upload.objects.update(thumbnail_name="")
    whole, response = program.get(path), program.get(f"{path}?size=thumbnail")
    assert (response.status_code, response.content) == (200, whole.content)
    for name in ("content-type", "content-length", "etag", "content-disposition"):
        assert response.headers[name] == whole.headers[name]


def test_the_thumbnail_of_a_picture_missing_from_storage_is_not_found(program: Program) -> None:
    upload_id = program.post("uploads", content=png(), headers=PNG).json()["id"]
    files.backend().delete(Upload.objects.get().file_name)
    assert program.get(f"uploads/{upload_id}/content?size=thumbnail").status_code == 404


def test_an_unknown_size_of_an_upload_is_an_invalid_field(program: Program) -> None:
    upload_id = program.post("uploads", content=png(), headers=PNG).json()["id"]
    response = program.get(f"uploads/{upload_id}/content?size=huge")
    assert status_and_code(response) == (422, "invalid_arguments")
    assert [error["field"] for error in problem(response)["errors"]] == ["size"]


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
def test_a_form_takes_every_format_whatever_its_name_says(program: Program, file_format: str) -> None:
    content = encode(Pillow.new("RGB", (64, 48), "teal"), file_format)
    response = post_form(program, ("file", ("a.txt", content, "text/plain")))
    assert (response.status_code, response.json()["mediaType"]) == (201, f"image/{file_format.lower()}")


def test_a_chunked_body_is_taken(program: Program) -> None:
    response = program.post("uploads", content=iter([png()[:100], png()[100:]]), headers=PNG)
    assert response.status_code == 201


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_place_and_the_camera_of_a_photo_never_leave_the_upload(program: Program, file_format: str) -> None:
    assert CAMERA.encode() in photo(file_format)
    document = post_form(program, ("file", ("a.jpg", photo(file_format)))).json()
    content = program.get(f"uploads/{document['id']}/content").content
    stored = Pillow.open(io.BytesIO(content))
    assert CAMERA.encode() not in content
    assert not stored.getexif()
    # Turned as the EXIF data says.
    assert (document["width"], document["height"]) == stored.size == (48, 64)


def test_bytes_after_the_picture_are_removed(program: Program) -> None:
    document = program.post("uploads", content=png() + SVG + b"PK\x03\x04", headers=PNG).json()
    content = program.get(f"uploads/{document['id']}/content").content
    assert b"svg" not in content
    assert b"PK" not in content


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_refused_with_its_reason(program: Program, name: str) -> None:
    content, reason = UNUSABLE[name]
    response = program.post("uploads", content=content, headers=PNG)
    assert status_and_code(response) == (422, "invalid_arguments")
    assert reason in problem(response)["errors"][0]["detail"]
    assert not Upload.objects.exists()


def test_a_file_above_20_mib_is_too_large_and_one_of_20_mib_is_not(program: Program) -> None:
    for content in (bytes(LIMIT + 1), bytes(LIMIT + 200_000)):
        for response in (program.post("uploads", content=content, headers=PNG), post_form(program, ("file", content))):
            assert status_and_code(response) == (413, "too_large")
            assert str(LIMIT) in problem(response)["detail"]
    padded = png() + bytes(LIMIT - len(png()))
    assert program.post("uploads", content=padded, headers=PNG).status_code == 201
    assert post_form(program, ("file", padded)).status_code == 201


def test_other_calls_still_take_one_mib_only(program: Program) -> None:
    response = program.post("images", content=bytes(1024 * 1024 + 1), headers={"Content-Type": "application/json"})
    assert status_and_code(response) == (413, "too_large")
    assert "1048576" in problem(response)["detail"]


def test_a_form_without_exactly_one_file_is_refused(program: Program) -> None:
    file = ("file", ("a.png", png()))
    other = ("picture", ("a.png", png()))
    for response in (
        post_form(program, other),
        post_form(program, file, other),
        post_form(program, file, file),
        post_form(program, file, name="a"),
        program.post("uploads", content=b"--x", headers={"Content-Type": "multipart/form-data"}),
        program.post("uploads", content=b"--x\r\n", headers={"Content-Type": "multipart/form-data; boundary=x"}),
    ):
        assert status_and_code(response) == (422, "invalid_arguments"), response.text
        assert "Send one PNG, JPEG or WebP file in the field file." in problem(response)["detail"]


@pytest.mark.parametrize("content_type", [None, "image/gif", "image/svg+xml", "text/plain"])
def test_other_media_types_are_named_as_unsupported(program: Program, content_type: str | None) -> None:
    response = program.post("uploads", content=png(), headers={"Content-Type": content_type})
    assert status_and_code(response) == (415, "unsupported_media_type")
    assert "multipart/form-data" in problem(response)["detail"]


def test_empty_json_gives_a_ticket_whose_picture_is_missing_yet(program: Program) -> None:
    document = ticket(program)
    assert document.keys() == {"id", "uploadUrl", "pageUrl", "expiresAt", "maxBytes", "curl"}
    assert document["maxBytes"] == LIMIT
    assert document["curl"].endswith(document["uploadUrl"])
    for path in ("", "/content", "/content?size=thumbnail"):
        assert status_and_code(program.get(f"uploads/{document['id']}{path}")) == (409, "not_ready")
    edit = program.create(sources=[document["id"]])
    assert status_and_code(edit) == (409, "not_ready")
    assert "not uploaded yet" in problem(edit)["detail"]


def test_an_unknown_field_is_an_error(program: Program) -> None:
    response = program.post("uploads", json={"data": "iVBOR"})
    assert status_and_code(response) == (422, "invalid_arguments")
    assert "Accepted arguments: url." in problem(response)["detail"]


def test_a_deleted_upload_is_gone(program: Program) -> None:
    upload_id = program.post("uploads", content=png(), headers=PNG).json()["id"]
    assert program.delete(f"uploads/{upload_id}").status_code == 204
    for response in (program.get(f"uploads/{upload_id}"), program.delete(f"uploads/{upload_id}")):
        assert status_and_code(response) == (404, "image_not_found")
    assert not Upload.objects.exists()


def test_an_expired_upload_is_gone(program: Program) -> None:
    upload_id = program.post("uploads", content=png(), headers=PNG).json()["id"]
    Upload.objects.update(expires_at=timezone.now())
    for path in ("", "/content", "/content?size=thumbnail"):
        assert status_and_code(program.get(f"uploads/{upload_id}{path}")) == (410, "upload_expired")
    assert status_and_code(program.create(sources=[upload_id])) == (410, "upload_expired")


def test_uploads_and_tickets_of_others_are_not_found(program: Program, bobs_program: Program) -> None:
    bobs = [bobs_program.post("uploads", content=png(), headers=PNG).json()["id"], ticket(bobs_program)["id"]]
    for upload_id in bobs:
        for response in (
            program.get(f"uploads/{upload_id}"),
            program.get(f"uploads/{upload_id}/content"),
            program.get(f"uploads/{upload_id}/content?size=thumbnail"),
            program.delete(f"uploads/{upload_id}"),
            program.create(sources=[upload_id]),
        ):
            assert status_and_code(response) == (404, "image_not_found")
    assert Upload.objects.count() == 2


def test_the_number_of_uploads_is_limited(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 2)
    ticket(program)
    assert program.post("uploads", content=png(), headers=PNG).status_code == 201
    for response in (program.post("uploads", json={}), program.post("uploads", content=png(), headers=PNG)):
        assert status_and_code(response) == (409, "too_many_uploads")
        assert "2 uploads" in problem(response)["detail"]


def test_simultaneous_uploads_do_not_exceed_the_limit(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOADS", 3)
    outcomes = at_once(*8 * [lambda: uploads.store(caller_of(alice), png())])
    assert sorted(outcomes) == [*3 * ["done"], *5 * ["too_many_uploads"]]
    assert Upload.objects.exclude(sha256="").count() == 3


def test_simultaneous_uploads_do_not_exceed_the_total_size(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    size = uploads.store(caller_of(alice), png()).byte_size or 0
    monkeypatch.setattr(uploads, "MAX_TOTAL_BYTES", 3 * size)
    outcomes = at_once(*6 * [lambda: uploads.store(caller_of(alice), png())])
    assert sorted(outcomes) == [*2 * ["done"], *4 * ["too_many_uploads"]]


def test_only_one_picture_is_decoded_at_once() -> None:
    assert intake._threads._max_workers == 1
