"""Favourites and collections: of one image, of a selection, and in exports."""

import io
import json
import zipfile

import pytest

from accounts.models import User
from images.exceptions import CollectionExists, CollectionNotFound, ImageNotFound, TooManyCollections
from images.exports import archive
from images.library import collections, favourites
from images.library.search import Filter
from images.library.selection import Selection
from images.models import Collection, Image
from tests.factories import caller_of, finished_image, queued_image

pytestmark = pytest.mark.django_db


def test_undo_removes_only_the_favourites_of_one_change(alice: User, bob: User) -> None:
    before, one, two = finished_image(alice), finished_image(alice), queued_image(alice)
    caller = caller_of(alice)
    favourites.add(caller, before.pk)
    change = favourites.add_all(Selection.of_matches(caller, Filter()))
    assert change.count == 2
    assert favourites.undo(caller_of(bob), change.at) == 0
    assert favourites.undo(caller, change.at) == 2
    assert list(Image.objects.exclude(favourited_at=None)) == [before]
    assert favourites.remove_all(Selection.of_ids(caller, [before.pk, one.pk, two.pk])) == 1


def test_images_are_collected_once_each_and_only_by_their_owner(alice: User, bob: User) -> None:
    one, two, bobs = finished_image(alice), finished_image(alice), finished_image(bob)
    caller = caller_of(alice)
    collection = collections.find(caller, collections.create(caller, "Lakes").id)
    collections.add(caller, collection.pk, one.pk)
    assert collections.add_all(collection, Selection.of_matches(caller, Filter())) == 1
    assert collections.get(caller, collection.pk).image_count == 2
    with pytest.raises(ImageNotFound):
        collections.add(caller, collection.pk, bobs.pk)
    with pytest.raises(CollectionNotFound):
        collections.add(caller_of(bob), collection.pk, bobs.pk)
    assert collections.remove_all(collection, Selection.of_ids(caller, [two.pk])) == 1
    assert list(collection.images.all()) == [one]


def test_names_are_unique_for_each_user_in_any_case(alice: User, bob: User) -> None:
    caller = caller_of(alice)
    collections.create(caller, "Lakes")
    other = collections.create(caller, "Cities")
    collections.create(caller_of(bob), "lakes")
    with pytest.raises(CollectionExists):
        collections.create(caller, "LAKES")
    with pytest.raises(CollectionExists):
        collections.rename(caller, other.id, "lakes")
    assert collections.rename(caller, other.id, "cities").name == "cities"
    assert [each.name for each in collections.list_all(caller).collections] == ["cities", "Lakes"]


def test_the_number_of_collections_is_limited(alice: User) -> None:
    limit = collections.COLLECTIONS_MAX
    Collection.objects.bulk_create(Collection(user=alice, name=f"number {number}") for number in range(limit))
    with pytest.raises(TooManyCollections):
        collections.create(caller_of(alice), "one more")


def test_an_export_contains_favourites_and_collections(alice: User) -> None:
    image, caller = finished_image(alice), caller_of(alice)
    favourites.add(caller, image.pk)
    collections.add(caller, collections.create(caller, "Lakes").id, image.pk)
    file = io.BytesIO()
    archive.write(alice.pk, file, is_interrupted=lambda: False)
    with zipfile.ZipFile(file) as exported:
        (collection,) = json.loads(exported.read("collections.json"))
        (row,) = json.loads(exported.read("images.json"))
    assert (collection["name"], collection["images"]) == ("Lakes", [str(image.pk)])
    assert row["favourited_at"]
