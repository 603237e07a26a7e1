"""An attempt that lost its lease to a later one can no longer change the image."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts.models import User
from images.failures import ProviderFailed, TimedOut
from images.models import Image
from images.pictures.raster import Picture
from images.worker import attempts
from images.worker.attempts import Attempt
from tests.concurrency import run
from tests.faults.steps import entries, execute, request_image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

PICTURE = Picture(b"picture", "image/png", 1, 1)


@pytest.fixture
def image(alice: User) -> Image:
    return request_image(alice)


def claim(image: Image) -> Attempt:
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    return attempt


def expire_lease(image: Image) -> None:
    execute("UPDATE images_image SET lease_expires_at = now() - interval '1 s' WHERE id = %s", image.pk)
    execute("DELETE FROM images_workerpulse")
    execute("INSERT INTO images_workerpulse VALUES (1, now(), now() - interval '1 h')")


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (lambda lost: attempts.succeed(lost, PICTURE, picture_name="1.png"), False),
        (lambda lost: attempts.fail(lost, ProviderFailed("no response")), False),
        (attempts.record_provider_call, None),
        (attempts.release, None),
        (lambda lost: run(attempts.renew([lost])), None),
    ],
    ids=["succeed", "fail", "record a call", "release", "renew"],
)
def test_an_attempt_without_its_lease_changes_nothing(
    image: Image, change: Callable[[Attempt], object], result: object
) -> None:
    lost = claim(image)
    expire_lease(image)
    assert claim(image).number == 2
    before = Image.objects.filter(pk=image.pk).values().get()
    assert change(lost) is result
    assert Image.objects.filter(pk=image.pk).values().get() == before
    assert entries(image) == ["generation"]


def test_an_expired_lease_can_be_renewed_until_another_attempt_claims_the_image(image: Image) -> None:
    attempt = claim(image)
    expire_lease(image)
    run(attempts.renew([attempt]))
    assert attempts.claim(image.pk) is None


def test_a_released_lease_is_not_renewed(image: Image) -> None:
    attempt = claim(image)
    attempts.release(attempt)
    run(attempts.renew([attempt]))
    assert claim(image).number == 2


def test_an_image_with_a_lease_is_not_ended(image: Image) -> None:
    claim(image)
    assert attempts.end_unleased(image.pk, TimedOut()) is False
    expire_lease(image)
    assert attempts.end_unleased(image.pk, TimedOut()) is True
    assert entries(image) == ["generation", "refund"]


def test_postgresql_rejects_a_fourth_provider_call(image: Image) -> None:
    attempt = claim(image)
    for calls in (1, 2, 3):
        attempt = replace(attempt, provider_calls=calls - 1)
        assert attempts.record_provider_call(attempt) == replace(attempt, provider_calls=calls)
    with pytest.raises(Exception, match="images_at_most_three_calls"):
        attempts.record_provider_call(replace(attempt, provider_calls=3))
