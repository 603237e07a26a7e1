"""Many requests and changes of state at the same moment, on real connections."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from accounts import api_keys
from accounts.models import User
from images import attempts, generation
from images.exceptions import IdempotencyConflict, ProviderFailed, TimedOut
from images.models import Image, ImageModel
from images.pictures import Picture
from tests.conftest import at_once, caller_of, member
from tests.faults.conftest import arguments, ask, balance, entries, execute

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

FAST = "openai:gpt-image-1.5"
PICTURE = Picture(b"picture", "image/png", 1, 1, b"thumbnail")


def asking(user: User, **fields: str) -> Callable[[], object]:
    return lambda: ask(user, **fields)


def begun(user: User) -> tuple[Image, attempts.Attempt]:
    image = ask(user)
    attempt = attempts.begin(image.pk)
    assert attempt is not None
    return image, attempt


def succeed(attempt: attempts.Attempt) -> bool:
    return attempts.succeed(attempt, PICTURE, picture_name="1.png", thumbnail_name="1-thumbnail.webp")


def test_two_hundred_requests_against_credits_for_thirty_three_make_thirty_three(alice: User) -> None:
    outcomes = at_once(*[asking(alice, modelId=FAST)] * 200)
    assert Counter(outcomes) == {"done": 33, "insufficient_credits": 167}
    assert (Image.objects.count(), balance(alice)) == (33, 1)
    assert len(execute("SELECT 1 FROM procrastinate_jobs WHERE status = 'todo'")) == 33


def test_one_key_twenty_times_at_once_makes_one_image_and_one_charge(alice: User) -> None:
    outcomes = at_once(*[asking(alice, idempotencyKey="once")] * 20)
    assert Counter(outcomes) == {"done": 20}
    assert (entries(Image.objects.get()), balance(alice)) == (["generation"], 95)


def test_one_key_with_two_requests_at_once_serves_one_of_them(alice: User) -> None:
    requests = [asking(alice, idempotencyKey="once", prompt=prompt) for prompt in ("a lake", "a sea")]
    outcomes = at_once(*requests * 5)
    assert Counter(outcomes) == {"done": 5, "idempotency_conflict": 5}
    assert Image.objects.count() == 1


def test_two_users_may_use_the_same_key(alice: User, bob: User) -> None:
    assert at_once(asking(alice, idempotencyKey="once"), asking(bob, idempotencyKey="once")) == ["done", "done"]
    assert Image.objects.count() == 2


def test_the_running_limit_holds(alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 3
    outcomes = at_once(*[asking(alice)] * 15)
    assert Counter(outcomes) == {"done": 3, "too_many_running": 12}
    assert balance(alice) == 85


def test_a_monthly_cap_holds(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=12)
    caller = caller_of(alice, key)
    outcomes = at_once(*[lambda: generation.request(caller, arguments())] * 15)
    assert Counter(outcomes) == {"done": 2, "key_cap_exceeded": 13}
    assert balance(alice) == 90


def test_either_a_cancel_or_a_worker_gets_the_image(alice: User) -> None:
    for _ in range(10):
        image = ask(alice)
        outcomes = at_once(lambda: generation.cancel(caller_of(alice), image.pk), lambda: attempts.begin(image.pk))
        image.refresh_from_db()
        cancelled = (["done", "nothing"], "cancelled", ["generation", "refund"])
        begun = (["not_cancellable", "done"], "running", ["generation"])
        assert (outcomes, image.status, entries(image)) in (cancelled, begun)


def test_only_one_of_many_workers_begins(alice: User) -> None:
    image = ask(alice)
    assert Counter(at_once(*[lambda: attempts.begin(image.pk)] * 12)) == {"done": 1, "nothing": 11}


def test_only_one_of_many_cancellations_is_refunded(alice: User) -> None:
    image = ask(alice)
    outcomes = at_once(*[lambda: generation.cancel(caller_of(alice), image.pk)] * 10)
    assert Counter(outcomes) == {"done": 1, "not_cancellable": 9}
    assert balance(alice) == 100


def test_failing_giving_up_and_cancelling_at_once_refund_once(alice: User) -> None:
    image, attempt = begun(alice)
    attempts.hand_back(attempt)
    at_once(
        *[lambda: attempts.fail(attempt, ProviderFailed("no answer"))] * 5,
        *[lambda: attempts.abandon(image.pk, TimedOut())] * 5,
        *[lambda: generation.cancel(caller_of(alice), image.pk)] * 5,
    )
    assert (entries(image), balance(alice)) == (["generation", "refund"], 100)


def test_success_and_giving_up_at_once_leave_either_a_picture_or_a_refund(alice: User) -> None:
    for _ in range(5):
        image, attempt = begun(alice)
        attempts.hand_back(attempt)
        outcomes = at_once(lambda: succeed(attempt), lambda: attempts.abandon(image.pk, TimedOut()))
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


def replay(user: User, key: Any = None, **fields: str) -> generation.Asked:
    return generation.request(caller_of(user, key), arguments(idempotencyKey="once", **fields))


def test_a_replay_works_when_the_balance_is_spent() -> None:
    poor = member("poor@example.com", credits=5)
    first, again = replay(poor), replay(poor)
    assert (again.image.pk, again.balance, again.replayed) == (first.image.pk, 0, True)


def test_a_replay_works_when_the_keys_cap_is_reached_and_its_models_have_changed(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=5)
    first = replay(alice, key)
    key.allowed_models = []
    assert replay(alice, key).image.pk == first.image.pk


def test_a_replay_works_when_the_model_is_off_and_too_many_are_running(alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 1
    first = replay(alice)
    ImageModel.objects.update(enabled=False)
    assert replay(alice).image.pk == first.image.pk


def test_a_failed_image_is_replayed_as_failed(alice: User) -> None:
    first = replay(alice)
    generation.cancel(caller_of(alice), first.image.pk)
    assert (replay(alice).image.status, balance(alice)) == ("cancelled", 100)


@pytest.mark.parametrize(
    "other",
    [
        {"prompt": "another lake"},
        {"modelId": FAST},
        {"aspectRatio": "3:2"},
        {"style": "in oil"},
        {"modelId": "google:gemini-3-pro-image-preview"},
    ],
)
def test_another_request_under_the_same_key_is_a_conflict(alice: User, other: dict[str, str]) -> None:
    replay(alice)
    with pytest.raises(IdempotencyConflict):
        replay(alice, **other)
    assert balance(alice) == 95
