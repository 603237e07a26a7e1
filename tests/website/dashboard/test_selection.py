"""Actions on selected images, without a script and as a script sends them."""

import io
import uuid
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.http import StreamingHttpResponse
from django.template.defaultfilters import filesizeformat
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from images.library import collections
from images.models import Collection, Image
from tests.factories import MODEL, caller_of, finished_image, queued_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/images/"
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


def post(client: Client, action: str, *images: Image, **fields: Any) -> Any:
    """Submit the form as a browser without scripts does, and follow the redirect."""
    data = {"image": [str(image.pk) for image in images], **fields}
    return client.post(f"{PATH}selection/{action}", data, follow=True)


def favourites() -> set[uuid.UUID]:
    return set(Image.objects.exclude(favourited_at=None).values_list("pk", flat=True))


def content_of(response: Any) -> bytes:
    async def read() -> bytes:
        return b"".join([chunk async for chunk in response])

    return async_to_sync(read)()


def test_without_a_script_the_page_has_checkboxes_and_buttons(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    page = alice_client.get(PATH, {"select": "yes"}).content.decode()
    assert 'class="gallery is-selecting"' in page
    assert f'name="image" id="tick-{image.pk}" value="{image.pk}" form="selection"' in page
    response = post(alice_client, "favourite", image)
    assert "1 image added to favourites." in words(response)
    assert favourites() == {image.pk}
    assert "1 image removed from favourites." in words(post(alice_client, "unfavourite", image))
    assert "Select at least one image." in words(post(alice_client, "favourite"))


def test_the_filter_for_favourites_and_collections(alice_client: Client, alice: User) -> None:
    image, other = finished_image(alice), finished_image(alice)
    post(alice_client, "collect", image, new_collection="Lakes")
    post(alice_client, "collect", other, new_collection="lakes ")
    collection = Collection.objects.get()
    assert collection.images.count() == 2
    post(alice_client, "favourite", image)
    page = alice_client.get(PATH, {"collection": str(collection.pk), "favourite": "yes"})
    assert list(page.context["images"]) == [image]
    assert "1 image" in words(page)
    assert [tag.label for tag in page.context["tags"]] == ["Collection: Lakes", "Favourites"]
    response = post(alice_client, "uncollect", image, filters=f"collection={collection.pk}")
    assert "1 image removed from “Lakes”." in words(response)
    assert list(collection.images.all()) == [other]


def test_deleting_needs_confirmation_and_can_be_undone(alice_client: Client, alice: User) -> None:
    images, kept = [finished_image(alice), finished_image(alice)], finished_image(alice)
    question = post(alice_client, "delete", *images)
    assert "Delete 2 images?" in words(question)
    fields = question.context["form"].fields
    page = alice_client.post(f"{PATH}selection/delete", {**fields, "confirmed": "yes"}, follow=True)
    assert "2 images deleted. Undo" in words(page)
    assert list(page.context["images"]) == [kept]
    erase_at = page.context["undo"].erase_at.isoformat()
    restored = alice_client.post(f"{PATH}undo/deletion", {"erase_at": erase_at}, follow=True)
    assert "2 images restored." in words(restored)
    assert len(restored.context["images"]) == 3
    again = alice_client.post(f"{PATH}undo/deletion", {"erase_at": erase_at}, **HTMX)
    assert "too late" in words(again)


def test_a_script_gets_a_toast_with_undo_and_the_new_count(alice_client: Client, alice: User) -> None:
    image, _ = finished_image(alice), finished_image(alice)
    data = {"images": str(image.pk), "confirmed": "yes"}
    toast = alice_client.post(f"{PATH}selection/delete", data, **HTMX)
    assert words(toast).startswith("1 image deleted. Undo")
    assert 'data-seconds="10"' in toast.content.decode()
    assert "1 image" in words(toast)


def test_the_toast_of_an_undo_has_the_count_of_the_filtered_images_again(alice_client: Client, alice: User) -> None:
    image, _ = finished_image(alice, prompt="A lake"), finished_image(alice, prompt="A city")
    data = {"images": str(image.pk), "confirmed": "yes", "filters": "q=lake"}
    deleted = alice_client.post(f"{PATH}selection/delete", data, **HTMX)
    assert "0 images" in words(deleted)
    assert 'name="filters" value="q=lake"' in deleted.content.decode()
    undo = {"erase_at": deleted.context["undo_deletion"].isoformat(), "filters": "q=lake"}
    assert words(alice_client.post(f"{PATH}undo/deletion", undo, **HTMX)) == "1 image restored. 1 image"


def test_a_script_gets_the_choices_with_a_new_collection(alice_client: Client, alice: User) -> None:
    data = {"images": str(finished_image(alice).pk), "new_collection": "Lakes"}
    toast = alice_client.post(f"{PATH}selection/collect", data, **HTMX).content.decode()
    assert f'name="collection" value="{Collection.objects.get().pk}"' in toast


def test_all_matching_images_are_selected_by_the_server(alice_client: Client, alice: User) -> None:
    now = timezone.now()
    Image.objects.bulk_create(
        Image(
            user=alice,
            prompt=f"{'lake' if number % 2 else 'city'} {number}",
            status="cancelled",
            model_id=MODEL,
            provider_id="openai",
            aspect_ratio="1:1",
            credit_cost=5,
            created_at=now - timedelta(seconds=number),
            finished_at=now,
        )
        for number in range(2000)
    )
    excluded = Image.objects.filter(prompt="lake 1").get()
    data = {"all": "yes", "filters": "q=lake&state=all", "shown_at": now.isoformat(), "excluded": str(excluded.pk)}
    with CaptureQueriesContext(connection) as queries:
        toast = alice_client.post(f"{PATH}selection/delete", {**data, "confirmed": "yes"}, **HTMX)
    assert "999 images deleted." in words(toast)
    assert len(queries) < 20
    assert set(Image.objects.owned_by(alice.pk).filter(prompt__startswith="lake")) == {excluded}
    assert Image.objects.owned_by(alice.pk).filter(prompt__startswith="city").count() == 1000


def test_images_and_collections_of_another_user_are_not_found(alice_client: Client, alice: User, bob: User) -> None:
    own, bobs = finished_image(alice), finished_image(bob)
    theirs = collections.create(caller_of(bob), "Bob's")
    for action in ("favourite", "unfavourite", "collect", "delete", "download", "compare"):
        response = post(alice_client, action, own, bobs, confirmed="yes", new_collection="Lakes")
        assert response.status_code == 404, action
    assert post(alice_client, "collect", own, collection=str(theirs.id)).status_code == 404
    assert post(alice_client, "uncollect", own, filters=f"collection={theirs.id}").status_code == 404
    assert alice_client.get(f"{PATH}compare/", {"image": [str(own.pk), str(bobs.pk)]}).status_code == 404
    assert alice_client.post(f"{PATH}{bobs.pk}/favourite", {"favourite": "yes"}).status_code == 404
    assert post(alice_client, "favourite", image="nonsense").status_code == 404
    assert (favourites(), Image.objects.filter(deleted_at=None).count()) == (set(), 2)


@pytest.mark.django_db(transaction=True)
def test_the_zip_is_streamed_with_its_size(alice_client: Client, alice: User) -> None:
    images = [finished_image(alice), finished_image(alice)]
    queued = queued_image(alice)
    response = post(alice_client, "download", *images, queued)
    assert isinstance(response, StreamingHttpResponse)
    content = content_of(response)
    assert int(response["Content-Length"]) == len(content)
    assert "attachment" in response["Content-Disposition"]
    assert len(zipfile.ZipFile(io.BytesIO(content)).namelist()) == 2
    fields = {"image": [str(image.pk) for image in (*images, queued)]}
    toast = words(alice_client.post(f"{PATH}selection/download", fields, **HTMX))
    size = filesizeformat(len(content)).replace("\xa0", " ")
    assert f"Downloading 2 pictures ({size}). Your browser shows the progress." in toast
    nothing = post(alice_client, "download", queued)
    assert "None of the selected images has a picture to download." in words(nothing)


def test_two_pictures_are_compared(alice_client: Client, alice: User) -> None:
    one, two = finished_image(alice), finished_image(alice)
    page = post(alice_client, "compare", one, two)
    assert page.request["PATH_INFO"] == f"{PATH}compare/"
    assert page.context["images"] == [two, one]
    assert "Select two finished images" in words(post(alice_client, "compare", one))
    assert "Select two finished images" in words(post(alice_client, "compare", one, queued_image(alice)))


def test_a_star_changes_in_place_or_returns_to_its_place(alice_client: Client, alice: User) -> None:
    image = finished_image(alice)
    data = {"favourite": "yes", "from": "gallery", "filters": "q=lake"}
    response = alice_client.post(f"{PATH}{image.pk}/favourite", data)
    assert response.headers["Location"] == f"{PATH}?q=lake&at={image.pk}#tile-{image.pk}"
    star = alice_client.post(f"{PATH}{image.pk}/favourite", {"favourite": "no", "from": "gallery"}, **HTMX)
    assert 'aria-pressed="false"' in star.content.decode()
    assert (
        alice_client.post(f"{PATH}{image.pk}/favourite", {"favourite": "yes"})
        .headers["Location"]
        .endswith(f"{image.pk}/")
    )


def test_collections_are_managed_on_their_pages(alice_client: Client) -> None:
    path = "/dashboard/collections/"
    alice_client.post(path, {"name": "Lakes"})
    assert "another collection with this name" in words(alice_client.post(path, {"name": "lakes"}))
    assert "Enter a name of 1 to 80 characters." in words(alice_client.post(path, {"name": " "}))
    own = f"{path}{Collection.objects.get().pk}/"
    assert "“Seas” was saved." in words(alice_client.post(own, {"name": "Seas"}, follow=True))
    assert "It contains no images." in words(alice_client.get(f"{own}delete/"))
    assert "“Seas” was deleted." in words(alice_client.post(f"{own}delete/", follow=True))
    assert not Collection.objects.exists()
