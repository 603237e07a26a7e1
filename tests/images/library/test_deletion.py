"""Deletion of selected images: hidden at once, restored by undo, erased by the reconciler."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import deletion as account_deletion
from accounts.models import User
from images import audit
from images.exceptions import ImageNotFound
from images.library import collections, deletion, favourites
from images.library.search import Filter
from images.library.selection import Selection
from images.models import CollectionImage, Image, ImageCount
from images.storage import files
from images.worker import reconciliation
from tests.factories import caller_of, edited_image, finished_image, queued_image

pytestmark = pytest.mark.django_db


def delete(user: User, *images: Image) -> deletion.Deletion:
    return deletion.delete(Selection.of_ids(caller_of(user), [image.pk for image in images]))


def end_undo_period() -> None:
    Image.objects.filter(erase_at__isnull=False).update(erase_at=timezone.now())


def own(user: User) -> list[Image]:
    return list(Image.objects.owned_by(user.pk))


def test_deleted_images_are_hidden_at_once_and_keep_their_files(alice: User) -> None:
    image, other = finished_image(alice), finished_image(alice)
    result = delete(alice, image)
    assert (result.count, result.unfinished, own(alice)) == (1, 0, [other])
    assert ImageCount.objects.get(user_id=alice.pk, status="succeeded").images == 1
    reconciliation.reconcile()
    assert files.read(image.picture_name)
    assert not list(audit.breaches())


def test_undo_restores_everything(alice: User) -> None:
    image = finished_image(alice)
    edit = edited_image(alice, image)
    caller = caller_of(alice)
    collection = collections.create(caller, "Lakes")
    collections.add(caller, collection.id, image.pk)
    favourites.add(caller, image.pk)
    erase_at = delete(alice, image).erase_at
    assert collections.get(caller, collection.id).image_count == 0
    assert deletion.undo(caller, erase_at) == 1
    image.refresh_from_db()
    assert (image.deleted_at, image.erase_at, image.prompt, image.is_favourite) == (
        None,
        None,
        "A quiet lake, at dawn!",
        True,
    )
    assert collections.get(caller, collection.id).image_count == 1
    assert edit.sources.get().source_image == image
    assert not list(audit.breaches())


def test_the_reconciler_erases_what_was_not_restored(alice: User) -> None:
    image = finished_image(alice)
    caller, name = caller_of(alice), image.picture_name
    collection = collections.create(caller, "Lakes")
    collections.add(caller, collection.id, image.pk)
    erase_at = delete(alice, image).erase_at
    end_undo_period()
    reconciliation.reconcile()
    image.refresh_from_db()
    assert (image.prompt, image.picture_name, image.erase_at, image.favourited_at) == ("", "", None, None)
    assert not files.backend().exists(name)
    assert not CollectionImage.objects.exists()
    assert deletion.undo(caller, erase_at) == 0
    assert own(alice) == []


def test_undo_concerns_one_deletion_of_one_user(alice: User, bob: User) -> None:
    first, second = finished_image(alice), finished_image(alice)
    erase_at = delete(alice, first).erase_at
    delete(alice, second)
    assert deletion.undo(caller_of(bob), erase_at) == 0
    assert deletion.undo(caller_of(alice), erase_at) == 1
    assert own(alice) == [first]


def test_unfinished_images_are_kept_and_counted(alice: User) -> None:
    finished_image(alice)
    queued = queued_image(alice)
    result = deletion.delete(Selection.of_matches(caller_of(alice), Filter()))
    assert (result.count, result.unfinished, own(alice)) == (1, 1, [queued])


def test_images_requested_after_the_page_was_shown_are_not_selected(alice: User) -> None:
    image = finished_image(alice)
    shown_at = timezone.now()
    excluded, later = finished_image(alice), finished_image(alice)
    Image.objects.filter(pk=excluded.pk).update(created_at=shown_at - timedelta(minutes=1))
    selection = Selection.of_matches(caller_of(alice), Filter(), requested_until=shown_at, excluded_ids=[excluded.pk])
    assert list(selection.images()) == [image]
    assert later in own(alice)


def test_another_users_image_cannot_be_selected_and_a_deleted_one_is_left_out(alice: User, bob: User) -> None:
    image, deleted, bobs = finished_image(alice), finished_image(alice), finished_image(bob)
    delete(alice, deleted)
    assert list(Selection.of_ids(caller_of(alice), [image.pk, deleted.pk]).images()) == [image]
    with pytest.raises(ImageNotFound):
        Selection.of_ids(caller_of(alice), [image.pk, bobs.pk])


def test_deleting_the_account_erases_images_that_could_be_restored(
    alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    image = finished_image(alice)
    name = image.picture_name
    delete(alice, image)
    with django_capture_on_commit_callbacks(execute=True):
        account_deletion.delete(alice)
    image.refresh_from_db()
    assert (image.prompt, image.erase_at, files.backend().exists(name)) == ("", None, False)
