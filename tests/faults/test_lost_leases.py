"""An attempt whose lease went to a later one, which is still at work: nothing it says counts any more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from accounts.models import User
from images.exceptions import ProviderFailed, TimedOut
from images.models import Image
from images.raster import Picture
from images.worker import attempts
from images.worker.attempts import Attempt
from tests.concurrency import run
from tests.faults.steps import ask, entries, execute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

PICTURE = Picture(b"picture", "image/png", 1, 1, b"thumbnail")


@pytest.fixture
def image(alice: User) -> Image:
    return ask(alice)


def begin(image: Image) -> Attempt:
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    return attempt


def let_lease_run_out(image: Image) -> None:
    execute("UPDATE images_image SET lease_expires_at = now() - interval '1 s' WHERE id = %s", image.pk)
    execute("DELETE FROM images_workerpulse")
    execute("INSERT INTO images_workerpulse VALUES (1, now(), now() - interval '1 h')")


@pytest.mark.parametrize(
    ("say", "answer"),
    [
        (lambda lost: attempts.succeed(lost, PICTURE, picture_name="1.png", thumbnail_name="1.webp"), False),
        (lambda lost: attempts.fail(lost, ProviderFailed("no answer")), False),
        (attempts.record_provider_call, None),
        (attempts.release, None),
        (lambda lost: run(attempts.renew([lost])), None),
    ],
    ids=["succeed", "fail", "count a call", "hand back", "renew"],
)
def test_an_attempt_without_its_lease_changes_nothing(
    image: Image, say: Callable[[Attempt], object], answer: object
) -> None:
    lost = begin(image)
    let_lease_run_out(image)
    assert begin(image).number == 2
    before = Image.objects.filter(pk=image.pk).values().get()
    assert say(lost) is answer
    assert Image.objects.filter(pk=image.pk).values().get() == before
    assert entries(image) == ["generation"]


def test_a_lease_that_ran_out_can_be_renewed_as_long_as_nobody_took_it(image: Image) -> None:
    attempt = begin(image)
    let_lease_run_out(image)
    run(attempts.renew([attempt]))
    assert attempts.claim(image.pk) is None


def test_an_image_that_somebody_is_at_work_on_is_not_given_up(image: Image) -> None:
    begin(image)
    assert attempts.end_unleased(image.pk, TimedOut()) is False
    let_lease_run_out(image)
    assert attempts.end_unleased(image.pk, TimedOut()) is True
    assert entries(image) == ["generation", "refund"]


def test_a_fourth_call_of_the_provider_is_refused_by_postgresql_too(image: Image) -> None:
    attempt = begin(image)
    for calls in (1, 2, 3):
        attempt = replace(attempt, provider_calls=calls - 1)
        assert attempts.record_provider_call(attempt) == replace(attempt, provider_calls=calls)
    with pytest.raises(Exception, match="images_at_most_three_calls"):
        attempts.record_provider_call(replace(attempt, provider_calls=3))
