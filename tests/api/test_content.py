"""Downloading a picture over REST: whole, ranges, thumbnail, conditional requests."""

from typing import Any

import pytest

from accounts.models import User
from images import generation
from images.models import Image
from images.storage import files
from tests.api.program import Program, problem, status_and_code
from tests.factories import caller_of, finished_image, queued_image
from tests.faults import storages
from tests.images.conftest import any_storage, s3_server  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def image(alice: User, any_storage: str) -> Image:  # noqa: F811
    return finished_image(alice)


def path(image: Image, size: str = "") -> str:
    return f"images/{image.id}/content" + (f"?size={size}" if size else "")


@pytest.mark.parametrize("size", ["", "full"])
def test_the_stored_picture_is_sent(program: Program, image: Image, size: str) -> None:
    response = program.get(path(image, size))
    assert (response.status_code, response.content) == (200, files.read(image.picture_name))
    assert response.headers["content-type"] == image.media_type == "image/png"
    assert response.headers["content-length"] == str(image.byte_size)
    assert response.headers["etag"] == f'"{image.sha256}"'
    assert response.headers["content-disposition"] == 'inline; filename="a-quiet-lake-at-dawn.png"'
    assert "private" in response.headers["cache-control"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_file_name_may_be_in_any_script(program: Program, image: Image) -> None:
    Image.objects.update(prompt="静かな湖")
    header = program.get(path(image)).headers["content-disposition"]
    assert header == "inline; filename=\"image.png\"; filename*=UTF-8''%E9%9D%99%E3%81%8B%E3%81%AA%E6%B9%96.png"


def test_the_stored_thumbnail_is_sent(program: Program, image: Image) -> None:
    response = program.get(path(image, "thumbnail"))
    assert (response.status_code, response.content) == (200, files.read(image.thumbnail_name))
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["etag"] != f'"{image.sha256}"'


@pytest.mark.parametrize("size", ["full", "thumbnail"])
def test_head_has_the_same_headers_and_no_body(program: Program, image: Image, size: str) -> None:
    whole, head = program.get(path(image, size)), program.request("HEAD", path(image, size))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("byte_range", "part"), [("0-99", slice(100)), ("100-", slice(100, None)), ("-50", slice(-50, None))]
)
def test_a_range_is_sent(program: Program, image: Image, byte_range: str, part: slice) -> None:
    whole = files.read(image.picture_name)
    response = program.get(path(image), headers={"Range": f"bytes={byte_range}"})
    assert (response.status_code, response.content) == (206, whole[part])
    first = whole.index(whole[part])
    assert response.headers["content-range"] == f"bytes {first}-{first + len(whole[part]) - 1}/{len(whole)}"


def test_a_range_of_the_thumbnail_is_sent(program: Program, image: Image) -> None:
    response = program.get(path(image, "thumbnail"), headers={"Range": "bytes=4-9"})
    assert (response.status_code, response.content) == (206, files.read(image.thumbnail_name)[4:10])


def test_a_range_beyond_the_end_is_416_without_a_body(program: Program, image: Image) -> None:
    response = program.get(path(image), headers={"Range": "bytes=99999999-"})
    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["content-range"] == f"bytes */{image.byte_size}"
    assert "content-type" not in response.headers


def test_if_range_sends_a_part_only_of_the_same_version(program: Program, image: Image) -> None:
    for etag, expected in ((f'"{image.sha256}"', 206), ('"another"', 200)):
        response = program.get(path(image), headers={"Range": "bytes=0-9", "If-Range": etag})
        assert response.status_code == expected


def test_an_unchanged_picture_is_304(program: Program, image: Image) -> None:
    etag = program.get(path(image)).headers["etag"]
    response = program.get(path(image), headers={"If-None-Match": etag})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    thumbnail = program.get(path(image, "thumbnail"), headers={"If-None-Match": etag})
    assert thumbnail.status_code == 200


def test_another_version_is_sent_whole(program: Program, image: Image) -> None:
    assert program.get(path(image), headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("size", ["", "full", "thumbnail"])
def test_a_queued_image_is_not_ready(program: Program, alice: User, size: str) -> None:
    response = program.get(path(queued_image(alice), size))
    assert status_and_code(response) == (409, "not_ready")
    assert "queued" in problem(response)["detail"]


def test_a_cancelled_image_is_not_ready(program: Program, alice: User) -> None:
    image = queued_image(alice)
    generation.cancel(caller_of(alice), image.id)
    assert status_and_code(program.get(path(image))) == (409, "not_ready")


@pytest.mark.parametrize("size", ["full", "thumbnail"])
def test_a_deleted_image_is_not_found(program: Program, image: Image, size: str) -> None:
    program.delete(f"images/{image.id}")
    assert status_and_code(program.get(path(image, size))) == (404, "image_not_found")


@pytest.mark.parametrize("size", ["full", "thumbnail"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_picture_missing_from_storage_is_not_found(program: Program, image: Image, size: str, method: str) -> None:
    files.remove(image.id)
    response = program.request(method, path(image, size))
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("size", ["full", "thumbnail"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_unavailable_storage_is_503_with_retry_after(
    program: Program, alice: User, settings: Any, size: str, method: str
) -> None:
    image = finished_image(alice)
    storages.make_unavailable(settings)
    response = program.request(method, path(image, size))
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert method == "HEAD" or (problem(response)["code"], problem(response)["retryable"]) == ("unavailable", True)


def test_an_unknown_size_is_an_invalid_field(program: Program, alice: User) -> None:
    response = program.get(path(queued_image(alice), "huge"))
    assert status_and_code(response) == (422, "invalid_arguments")
    assert [error["field"] for error in problem(response)["errors"]] == ["size"]


def test_a_download_counts_towards_the_rate_limit(program: Program, alice: User, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 10
    assert program.get(path(finished_image(alice))).headers["ratelimit"].startswith('"default";r=9;')
