"""The daily spending follows every request, refund and deletion, and equals what the images add up to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from billing import ledger
from images import audit, generation
from images.failures import TimedOut
from images.models import Image, SpendSummary
from images.statistics import spend
from images.worker import attempts
from tests.factories import MODEL, caller_of, queued_image

pytestmark = pytest.mark.django_db

RULE = "stored daily spending matches the images without a refund"


def by_day(user: User) -> list[tuple[int, int]]:
    return [(day.images, day.credits) for day in spend.by_day(user.pk, spend.Period.of_last_days(30))]


def test_only_images_without_a_refund_count(alice: User, bob: User) -> None:
    failed, cancelled, *_ = [queued_image(alice) for _ in range(4)]
    attempts.end_unleased(failed.id, TimedOut())
    generation.cancel(caller_of(alice), cancelled.id)
    queued_image(bob)
    assert (by_day(alice), by_day(bob)) == ([(2, 10)], [(1, 5)])
    assert RULE not in {breach.rule for breach in audit.breaches()}


def test_a_late_refund_counts_on_the_day_of_the_image(alice: User) -> None:
    image = queued_image(alice)
    old = timezone.now() - timedelta(days=40)
    Image.objects.update(created_at=old)
    assert by_day(alice) == []
    queued_image(alice)
    ledger.refund(image.id, reason=ledger.STAFF_REASON)
    assert by_day(alice) == [(1, 5)]
    assert SpendSummary.objects.get(day=old.date()).images == 0


def test_an_erased_image_still_counts(alice: User) -> None:
    queued_image(alice)
    Image.objects.all().erase_content()
    assert by_day(alice) == [(1, 5)]


def test_rows_changed_by_hand_stay_in_the_summary(alice: User) -> None:
    for _ in range(3):
        queued_image(alice)
    Image.objects.update(model_id="google:gemini-3-pro-image-preview", credit_cost=7)
    assert list(SpendSummary.objects.filter(images__gt=0).values_list("model_id", "images", "credits")) == [
        ("google:gemini-3-pro-image-preview", 3, 21)
    ]
    Image.objects.all().delete()
    assert by_day(alice) == []


def test_a_refused_request_counts_nothing(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT request")
        queued_image(alice)
        cursor.execute("ROLLBACK TO request")
    assert not SpendSummary.objects.filter(user_id=alice.pk, model_id=MODEL).exists()
