"""The bytes of a picture over REST: whole, in part, small, or not again."""

from typing import Any

import pytest

from accounts.models import User
from images import generation
from images.models import Image
from images.storage import files
from tests.api.program import Program, problem, refusal
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
def test_the_bytes_are_the_stored_ones(program: Program, image: Image, size: str) -> None:
    response = program.get(path(image, size))
    assert (response.status_code, response.content) == (200, files.read(image.picture_name))
    assert response.headers["content-type"] == image.media_type == "image/png"
    assert response.headers["content-length"] == str(image.byte_size)
    assert response.headers["etag"] == f'"{image.sha256}"'
    assert response.headers["content-disposition"] == 'inline; filename="a-quiet-lake-at-dawn.png"'
    assert "private" in response.headers["cache-control"]
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_thumbnail_is_the_stored_one(program: Program, image: Image) -> None:
    response = program.get(path(image, "thumbnail"))
    assert (response.status_code, response.content) == (200, files.read(image.thumbnail_name))
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["etag"] != f'"{image.sha256}"'


@pytest.mark.parametrize("size", ["full", "thumbnail"])
def test_head_says_the_same_without_bytes(program: Program, image: Image, size: str) -> None:
    whole, head = program.get(path(image, size)), program.ask("HEAD", path(image, size))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "part"), [("0-99", slice(100)), ("100-", slice(100, None)), ("-50", slice(-50, None))]
)
def test_a_part_is_sent_as_asked(program: Program, image: Image, asked: str, part: slice) -> None:
    whole = files.read(image.picture_name)
    response = program.get(path(image), headers={"Range": f"bytes={asked}"})
    assert (response.status_code, response.content) == (206, whole[part])
    first = whole.index(whole[part])
    assert response.headers["content-range"] == f"bytes {first}-{first + len(whole[part]) - 1}/{len(whole)}"


def test_a_part_of_the_thumbnail_is_of_the_thumbnail(program: Program, image: Image) -> None:
    response = program.get(path(image, "thumbnail"), headers={"Range": "bytes=4-9"})
    assert (response.status_code, response.content) == (206, files.read(image.thumbnail_name)[4:10])


def test_a_part_beyond_the_end_is_416_without_a_body(program: Program, image: Image) -> None:
    response = program.get(path(image), headers={"Range": "bytes=99999999-"})
    assert (response.status_code, response.content) == (416, b"")
    assert response.headers["content-range"] == f"bytes */{image.byte_size}"
    assert "content-type" not in response.headers


def test_a_part_is_sent_only_of_the_version_at_hand(program: Program, image: Image) -> None:
    for etag, expected in ((f'"{image.sha256}"', 206), ('"another"', 200)):
        response = program.get(path(image), headers={"Range": "bytes=0-9", "If-Range": etag})
        assert response.status_code == expected


def test_what_is_at_hand_is_not_sent_again(program: Program, image: Image) -> None:
    etag = program.get(path(image)).headers["etag"]
    response = program.get(path(image), headers={"If-None-Match": etag})
    assert (response.status_code, response.content, response.headers["etag"]) == (304, b"", etag)
    thumbnail = program.get(path(image, "thumbnail"), headers={"If-None-Match": etag})
    assert thumbnail.status_code == 200


def test_another_version_is_sent(program: Program, image: Image) -> None:
    assert program.get(path(image), headers={"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("size", ["", "full", "thumbnail"])
def test_before_there_is_a_picture_it_is_not_ready(program: Program, alice: User, size: str) -> None:
    response = program.get(path(queued_image(alice), size))
    assert refusal(response) == (409, "not_ready")
    assert "queued" in problem(response)["detail"]


def test_a_cancelled_image_never_has_a_picture(program: Program, alice: User) -> None:
    image = queued_image(alice)
    generation.cancel(caller_of(alice), image.id)
    assert refusal(program.get(path(image))) == (409, "not_ready")


@pytest.mark.parametrize("size", ["full", "thumbnail"])
def test_after_deletion_there_is_no_picture(program: Program, image: Image, size: str) -> None:
    program.delete(f"images/{image.id}")
    assert refusal(program.get(path(image, size))) == (404, "image_not_found")


@pytest.mark.parametrize("size", ["full", "thumbnail"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_picture_that_storage_has_lost_is_not_found(program: Program, image: Image, size: str, method: str) -> None:
    files.remove(image.id)
    response = program.ask(method, path(image, size))
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("size", ["full", "thumbnail"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_while_storage_is_away_the_answer_is_to_try_again(
    program: Program, alice: User, settings: Any, size: str, method: str
) -> None:
    image = finished_image(alice)
    storages.make_unavailable(settings)
    response = program.ask(method, path(image, size))
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert method == "HEAD" or (problem(response)["code"], problem(response)["retryable"]) == ("unavailable", True)


def test_another_size_is_a_wrong_field(program: Program, alice: User) -> None:
    response = program.get(path(queued_image(alice), "huge"))
    assert refusal(response) == (422, "invalid_arguments")
    assert [wrong["field"] for wrong in problem(response)["errors"]] == ["size"]


def test_the_answer_is_counted_like_any_other(program: Program, alice: User, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 10
    assert program.get(path(finished_image(alice))).headers["ratelimit"].startswith('"default";r=9;')
