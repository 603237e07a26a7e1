"""A link gives access to one picture for 15 minutes; every invalid link gives the same 404."""

import asyncio
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.core import signing
from django.test import AsyncClient
from django.utils import timezone

from accounts.models import User
from images.models import Image
from images.storage import files, links
from tests.factories import finished_image
from tests.faults import storages

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = "A quiet lake, at dawn!"


@pytest.fixture
def image(alice: User, settings: Any, any_storage: str) -> Image:
    settings.SANDBOX_PROVIDERS = "on"
    return finished_image(alice, PROMPT)


def fetch(url: str, method: str = "get", **headers: str) -> tuple[Any, bytes]:
    async def fetch_all() -> tuple[Any, bytes]:
        response = await getattr(AsyncClient(), method)(urlsplit(url).path, headers=headers)
        body = b"".join([part async for part in response]) if response.streaming else response.content
        return response, body

    return asyncio.run(fetch_all())


def link(image: Image) -> str:
    url = links.image_url(image)
    assert url is not None
    return url


def test_a_link_returns_the_picture(image: Image) -> None:
    response, body = fetch(link(image))
    assert (response.status_code, body) == (200, files.read(image.picture_name))
    assert response["Content-Type"] == "image/png"
    assert response["Content-Length"] == str(len(body))
    assert response["ETag"] == f'"{image.sha256}"'
    assert response["Content-Disposition"] == 'inline; filename="a-quiet-lake-at-dawn.png"'
    assert "private" in response["Cache-Control"]
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_link_is_absolute_and_on_this_site(image: Image) -> None:
    assert link(image).startswith(configured.SITE_URL + "/i/")


def test_head_returns_the_same_headers_without_a_body(image: Image) -> None:
    response, body = fetch(link(image), "head")
    assert (response.status_code, response["Content-Length"], body) == (200, str(image.byte_size), b"")


def test_head_ignores_ranges(image: Image) -> None:
    response, _ = fetch(link(image), "head", range="bytes=0-9")
    assert (response.status_code, response["Content-Length"]) == (200, str(image.byte_size))


@pytest.mark.parametrize(
    ("requested", "start", "length"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=0-0", 0, 1),
        ("bytes=100-", 100, None),
        ("bytes=-50", -50, 50),
        ("bytes=10-999999999", 10, None),
        ("bytes=0-", 0, None),
        ("bytes=-999999999", 0, None),
    ],
)
def test_the_requested_range_is_returned(image: Image, requested: str, start: int, length: int | None) -> None:
    response, body = fetch(link(image), range=requested)
    whole = files.read(image.picture_name)
    begin = start % len(whole)
    expected = whole[begin:] if length is None else whole[begin : begin + length]
    assert (response.status_code, body) == (206, expected)
    assert response["Content-Range"] == f"bytes {begin}-{begin + len(expected) - 1}/{len(whole)}"


@pytest.mark.parametrize("requested", ["bytes=99999999-", "bytes=-0"])
def test_a_range_beyond_the_end_is_rejected(image: Image, requested: str) -> None:
    response, _ = fetch(link(image), range=requested)
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{image.byte_size}")


@pytest.mark.parametrize(
    "requested", ["pages=1-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,3-4", "bytes=9-" + "9" * 5000]
)
def test_an_invalid_range_returns_the_whole_file(image: Image, requested: str) -> None:
    response, body = fetch(link(image), range=requested)
    assert (response.status_code, len(body)) == (200, image.byte_size)


@pytest.mark.parametrize("etags", ['"{}"', 'W/"{}"', '"another", "{}"', "*"])
def test_an_unchanged_picture_is_not_sent_again(image: Image, etags: str) -> None:
    response, body = fetch(link(image), **{"if-none-match": etags.format(image.sha256)})
    assert (response.status_code, body) == (304, b"")


def test_a_changed_picture_is_sent_again(image: Image) -> None:
    response, _ = fetch(link(image), **{"if-none-match": f'"another", "{image.sha256[1:]}"'})
    assert response.status_code == 200


def test_if_range_with_another_etag_returns_the_whole_file(image: Image) -> None:
    response, _ = fetch(link(image), **{"range": "bytes=0-9", "if-range": '"another"'})
    assert response.status_code == 200


def test_a_link_with_a_changed_character_is_invalid(image: Image) -> None:
    path = urlsplit(link(image)).path
    for position in range(len("/i/"), len(path)):
        for other in ("A", "a", "0", "-", ".", "%41"):
            changed = path[:position] + other + path[position + 1 :]
            if changed != path:
                assert links.image_id(changed.removeprefix("/i/")) is None, changed


@pytest.mark.parametrize("change", [str.upper, lambda token: token + "=", lambda token: token + "/"])
def test_another_spelling_of_a_link_is_not_found(image: Image, change: Any) -> None:
    token = urlsplit(link(image)).path.removeprefix("/i/")
    assert fetch("/i/" + change(token))[0].status_code == 404


def test_a_link_expires_after_fifteen_minutes(image: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    url = link(image)
    now = signing.time.time()  # type: ignore[attr-defined]
    monkeypatch.setattr(signing.time, "time", lambda: now + 15 * 60 - 2)  # type: ignore[attr-defined]
    assert fetch(url)[0].status_code == 200
    monkeypatch.setattr(signing.time, "time", lambda: now + 15 * 60 + 2)  # type: ignore[attr-defined]
    assert fetch(url)[0].status_code == 404


def test_links_signed_with_an_old_key_remain_valid(image: Image, settings: Any) -> None:
    url = link(image)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert fetch(url)[0].status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert fetch(url)[0].status_code == 404


def test_a_signature_for_another_purpose_is_not_accepted(image: Image) -> None:
    forged = signing.TimestampSigner(salt="sessions", sep=".").sign(str(image.id))
    assert fetch(f"/i/{forged}")[0].status_code == 404


def test_a_missing_picture_is_not_found(image: Image) -> None:
    url = link(image)
    files.remove(image.id)
    assert [fetch(url)[0].status_code, fetch(url, "head")[0].status_code] == [404, 404]
    Image.objects.update(deleted_at=timezone.now())
    assert fetch(url)[0].status_code == 404
    image.id = uuid.uuid4()
    assert fetch(link(image))[0].status_code == 404


def test_a_valid_link_returns_503_while_the_storage_is_unavailable(alice: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    url = link(finished_image(alice))
    storages.make_unavailable(settings)
    response, _ = fetch(url)
    assert (response.status_code, response["Retry-After"]) == (503, "5")


def test_only_reading_is_allowed(image: Image) -> None:
    assert fetch(link(image), "post")[0].status_code == 405
