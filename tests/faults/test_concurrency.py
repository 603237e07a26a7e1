"""Concurrent requests and changes of state, on real database connections."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from accounts.models import User
from images import generation
from images.failures import ProviderFailed, TimedOut
from images.models import Image, ImageSource
from images.pictures.raster import Picture
from images.schemas import EditArguments
from images.uploads import uploads
from images.worker import attempts
from tests.concurrency import at_once
from tests.factories import MODEL, balance, caller_of, set_price
from tests.faults.steps import entries, execute, request_image
from tests.images.upload_files import mask_png, png

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

FAST = "openai:gpt-image-1.5"
PICTURE = Picture(b"picture", "image/png", 1, 1)


def requesting(user: User, **fields: str) -> Callable[[], object]:
    return lambda: request_image(user, **fields)


def claimed_image(user: User) -> tuple[Image, attempts.Attempt]:
    image = request_image(user)
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    return image, attempt


def succeed(attempt: attempts.Attempt) -> bool:
    return attempts.succeed(attempt, PICTURE, picture_name="1.png")


def test_two_hundred_requests_with_credits_for_thirty_three_create_thirty_three(alice: User) -> None:
    outcomes = at_once(*[requesting(alice, modelId=FAST)] * 200)
    assert Counter(outcomes) == {"done": 33, "insufficient_credits": 167}
    assert (Image.objects.count(), balance(alice)) == (33, 1)
    assert len(execute("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'")) == 33


def test_two_hundred_edits_with_credits_for_thirty_three_create_thirty_three(alice: User) -> None:
    set_price(MODEL, 3)
    caller = caller_of(alice)
    source, mask = (str(uploads.store(caller, content).id) for content in (png(), mask_png()))
    edit = EditArguments.model_validate({"prompt": "a sail", "modelId": MODEL, "sources": [source], "mask": mask})
    outcomes = at_once(*[lambda: generation.request(caller_of(alice), edit)] * 200)
    assert Counter(outcomes) == {"done": 33, "insufficient_credits": 167}
    assert (Image.objects.count(), ImageSource.objects.count(), balance(alice)) == (33, 66, 1)
    assert len(execute("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'")) == 33


def test_one_idempotency_key_accepts_one_of_two_concurrent_requests(alice: User) -> None:
    requests = [requesting(alice, idempotencyKey="once", prompt=prompt) for prompt in ("a lake", "a sea")]
    outcomes = at_once(*requests * 5)
    assert Counter(outcomes) == {"done": 5, "idempotency_conflict": 5}
    assert Image.objects.count() == 1


def test_only_one_of_many_workers_claims_an_image(alice: User) -> None:
    image = request_image(alice)
    assert Counter(at_once(*[lambda: attempts.claim(image.pk)] * 12)) == {"done": 1, "nothing": 11}


def test_only_one_of_many_cancellations_is_refunded(alice: User) -> None:
    image = request_image(alice)
    outcomes = at_once(*[lambda: generation.cancel(caller_of(alice), image.pk)] * 10)
    assert Counter(outcomes) == {"done": 1, "not_cancellable": 9}
    assert balance(alice) == 100


def test_concurrent_failure_end_and_cancellation_refund_once(alice: User) -> None:
    image, attempt = claimed_image(alice)
    attempts.release(attempt)
    at_once(
        *[lambda: attempts.fail(attempt, ProviderFailed("no response"))] * 5,
        *[lambda: attempts.end_unleased(image.pk, TimedOut())] * 5,
        *[lambda: generation.cancel(caller_of(alice), image.pk)] * 5,
    )
    assert (entries(image), balance(alice)) == (["generation", "refund"], 100)


def test_concurrent_success_and_end_leave_either_a_picture_or_a_refund(alice: User) -> None:
    for _ in range(5):
        image, attempt = claimed_image(alice)
        attempts.release(attempt)
        outcomes = at_once(partial(succeed, attempt), partial(attempts.end_unleased, image.pk, TimedOut()))
        image.refresh_from_db()
        succeeded = (["done", "nothing"], "succeeded", ["generation"])
        refunded = (["nothing", "done"], "failed", ["generation", "refund"])
        assert (outcomes, image.status, entries(image)) in (succeeded, refunded)


def test_repeating_a_success_after_a_lost_confirmation_returns_the_same(alice: User) -> None:
    image, attempt = claimed_image(alice)
    assert [succeed(attempt), succeed(attempt)] == [True, True]
    assert attempts.fail(attempt, TimedOut()) is False
    assert entries(image) == ["generation"]


def test_repeating_a_failure_after_a_lost_confirmation_returns_the_same(alice: User) -> None:
    image, attempt = claimed_image(alice)
    assert [attempts.fail(attempt, TimedOut()), attempts.fail(attempt, TimedOut())] == [True, True]
    assert succeed(attempt) is False
    assert entries(image) == ["generation", "refund"]
