"""Picture files for the signed-in owner: access, caching, range requests and links."""

import asyncio
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from images import generation
from images.storage import files, links
from tests.factories import caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = ("thumbnail", "picture", "download", "link")


def content(response: Any) -> bytes:
    async def whole() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    return asyncio.run(whole())


def url(image_id: object, kind: str) -> str:
    return f"/dashboard/images/{image_id}/{kind}"


def test_the_owner_is_sent_the_stored_bytes(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    picture = alice_client.get(url(image.pk, "picture"))
    assert content(picture) == files.read(image.picture_name)
    assert "private" in picture["Cache-Control"]
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert content(alice_client.get(url(image.pk, "thumbnail"))) == files.read(image.thumbnail_name)
    download = alice_client.get(url(image.pk, "download"))
    assert download["Content-Disposition"] == 'attachment; filename="a-quiet-lake-at-dawn.png"'
    assert content(download) == files.read(image.picture_name)


def test_a_known_picture_is_not_sent_again(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    etag = alice_client.get(url(image.pk, "thumbnail"))["ETag"]
    assert alice_client.get(url(image.pk, "thumbnail"), HTTP_IF_NONE_MATCH=etag).status_code == 304


@pytest.mark.parametrize("kind", KINDS)
def test_other_users_and_visitors_get_no_file(client: Client, alice: User, bob: User, kind: str) -> None:
    image = finished_image(alice)
    response = client.get(url(image.pk, kind))
    assert response["Location"].startswith("/accounts/login/")
    client.force_login(bob)
    assert client.get(url(image.pk, kind)).status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_images_without_a_picture_have_no_file(alice_client: Client, alice: User, kind: str) -> None:
    deleted = finished_image(alice)
    generation.delete(caller_of(alice), deleted.pk)
    for image_id in (queued_image(alice).pk, deleted.pk, uuid.uuid4(), "nonsense", str(deleted.pk).upper()):
        assert alice_client.get(url(image_id, kind)).status_code == 404


def test_a_script_gets_a_new_link_as_text(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    response = alice_client.get(url(image.pk, "link"), HTTP_ACCEPT="text/plain")
    assert response["Content-Type"].startswith("text/plain")
    assert "no-store" in response["Cache-Control"]
    assert links.image_id(response.content.decode().rpartition("/")[2]) == image.pk


def test_without_javascript_a_page_shows_the_link(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    page = words(alice_client.get(url(image.pk, "link")))
    link = next(word for word in page.split() if "/i/" in word)
    assert content(Client().get("/i/" + link.rpartition("/")[2])) == files.read(image.picture_name)
