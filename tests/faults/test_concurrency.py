"""Many requests and changes of state at the same moment, on real connections."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from accounts.models import User
from images import generation
from images.exceptions import ProviderFailed, TimedOut
from images.models import Image
from images.raster import Picture
from images.worker import attempts
from tests.concurrency import at_once
from tests.factories import balance, caller_of
from tests.faults.steps import ask, entries, execute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

FAST = "openai:gpt-image-1.5"
PICTURE = Picture(b"picture", "image/png", 1, 1, b"thumbnail")


def asking(user: User, **fields: str) -> Callable[[], object]:
    return lambda: ask(user, **fields)


def begun(user: User) -> tuple[Image, attempts.Attempt]:
    image = ask(user)
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    return image, attempt


def succeed(attempt: attempts.Attempt) -> bool:
    return attempts.succeed(attempt, PICTURE, picture_name="1.png", thumbnail_name="1-thumbnail.webp")


def test_two_hundred_requests_against_credits_for_thirty_three_make_thirty_three(alice: User) -> None:
    outcomes = at_once(*[asking(alice, modelId=FAST)] * 200)
    assert Counter(outcomes) == {"done": 33, "insufficient_credits": 167}
    assert (Image.objects.count(), balance(alice)) == (33, 1)
    assert len(execute("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'")) == 33


def test_one_key_with_two_requests_at_once_serves_one_of_them(alice: User) -> None:
    requests = [asking(alice, idempotencyKey="once", prompt=prompt) for prompt in ("a lake", "a sea")]
    outcomes = at_once(*requests * 5)
    assert Counter(outcomes) == {"done": 5, "idempotency_conflict": 5}
    assert Image.objects.count() == 1


def test_only_one_of_many_workers_begins(alice: User) -> None:
    image = ask(alice)
    assert Counter(at_once(*[lambda: attempts.claim(image.pk)] * 12)) == {"done": 1, "nothing": 11}


def test_only_one_of_many_cancellations_is_refunded(alice: User) -> None:
    image = ask(alice)
    outcomes = at_once(*[lambda: generation.cancel(caller_of(alice), image.pk)] * 10)
    assert Counter(outcomes) == {"done": 1, "not_cancellable": 9}
    assert balance(alice) == 100


def test_failing_giving_up_and_cancelling_at_once_refund_once(alice: User) -> None:
    image, attempt = begun(alice)
    attempts.release(attempt)
    at_once(
        *[lambda: attempts.fail(attempt, ProviderFailed("no answer"))] * 5,
        *[lambda: attempts.end_unleased(image.pk, TimedOut())] * 5,
        *[lambda: generation.cancel(caller_of(alice), image.pk)] * 5,
    )
    assert (entries(image), balance(alice)) == (["generation", "refund"], 100)


def test_success_and_giving_up_at_once_leave_either_a_picture_or_a_refund(alice: User) -> None:
    for _ in range(5):
        image, attempt = begun(alice)
        attempts.release(attempt)
        outcomes = at_once(partial(succeed, attempt), partial(attempts.end_unleased, image.pk, TimedOut()))
        image.refresh_from_db()
        kept = (["done", "nothing"], "succeeded", ["generation"])
        given_back = (["nothing", "done"], "failed", ["generation", "refund"])
        assert (outcomes, image.status, entries(image)) in (kept, given_back)


def test_a_statement_that_is_repeated_after_a_lost_answer_says_the_same(alice: User) -> None:
    image, attempt = begun(alice)
    assert [succeed(attempt), succeed(attempt)] == [True, True]
    assert attempts.fail(attempt, TimedOut()) is False
    assert entries(image) == ["generation"]


def test_a_failure_that_is_repeated_after_a_lost_answer_says_the_same(alice: User) -> None:
    image, attempt = begun(alice)
    assert [attempts.fail(attempt, TimedOut()), attempts.fail(attempt, TimedOut())] == [True, True]
    assert succeed(attempt) is False
    assert entries(image) == ["generation", "refund"]
