"""The stored totals of lists match the images after every kind of change."""

import pytest
from django.utils import timezone

from accounts.models import User
from images import audit, generation
from images.failures import TimedOut
from images.library import listing
from images.models import Image
from images.schemas import GenerationArguments, ListArguments
from images.worker import attempts
from tests.factories import caller_of

pytestmark = pytest.mark.django_db


def request_image(user: User) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    return generation.request(caller_of(user), arguments).image


def total(user: User, status: str) -> int:
    arguments = ListArguments.model_validate({"status": status})
    return listing.list_images(caller_of(user), arguments).total


def test_totals_follow_every_change_of_status(alice: User, bob: User) -> None:
    images = [request_image(alice) for _ in range(4)]
    request_image(bob)
    attempts.claim(images[0].id)
    attempts.end_unleased(images[1].id, TimedOut())
    generation.cancel(caller_of(alice), images[2].id)
    statuses = ["queued", "running", "failed", "cancelled", "succeeded", "all"]
    assert [total(alice, status) for status in statuses] == [1, 1, 1, 1, 0, 4]
    assert total(bob, "all") == 1


def test_a_deleted_image_is_not_counted(alice: User) -> None:
    image = request_image(alice)
    attempts.end_unleased(image.id, TimedOut())
    generation.delete(caller_of(alice), image.id)
    assert total(alice, "all") == 0


def test_bulk_changes_are_counted(alice: User) -> None:
    for _ in range(5):
        request_image(alice)
    Image.objects.update(status="failed", finished_at=timezone.now())
    assert (total(alice, "failed"), total(alice, "queued")) == (5, 0)
    Image.objects.all().delete()
    assert total(alice, "all") == 0


def test_images_of_a_deleted_user_are_not_counted(alice: User) -> None:
    request_image(alice)
    Image.objects.update(user=None)
    assert not [breach for breach in audit.breaches() if "counts" in breach.rule]


def test_pages_are_newest_first_and_stable(alice: User) -> None:
    requested = [request_image(alice).id for _ in range(5)]
    Image.objects.update(created_at=timezone.now())
    pages = [
        listing.list_images(
            caller_of(alice), ListArguments.model_validate({"status": "all", "limit": 2, "offset": offset})
        )
        for offset in (0, 2, 4)
    ]
    listed = [image.id for page in pages for image in page.images]
    assert listed == sorted(requested, reverse=True)
