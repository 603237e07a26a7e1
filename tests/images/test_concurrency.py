"""Many requests at the same moment: the balance, the key, the cap and the limit hold, and nobody waits for ever."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from accounts import api_keys
from accounts.models import User
from billing import ledger
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from billing.models import CreditAccount, LedgerEntry
from images import audit, generation
from images.exceptions import NotCancellable, TimedOut, TooManyRunning
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.factories import caller_of, create_user

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 16


def all_at_once(times: int, function: Callable[[int], Any]) -> list[Any]:
    """Call the function so many times from threads that start together; exceptions are results."""
    together = threading.Barrier(min(times, AT_ONCE))

    def call(number: int) -> Any:
        try:
            if number < AT_ONCE:
                together.wait()
            return function(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(call, range(times)))


def ask(user: User, *, key: Any = None, **given: str) -> generation.GenerationReceipt:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-1.5", **given})
    return generation.request(caller_of(user, key), arguments)


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_two_hundred_requests_against_a_balance_for_thirty_three_make_thirty_three() -> None:
    alice = create_user("alice@example.com", credits=100)
    results = all_at_once(200, lambda _: ask(alice))
    assert kinds(results) == {"GenerationReceipt": 33, InsufficientCredits.__name__: 167}
    assert (Image.objects.count(), CreditAccount.objects.get(user=alice).balance) == (33, 1)
    assert list(audit.breaches()) == []


def test_the_same_idempotency_key_at_once_makes_one_image_and_one_charge(alice: User) -> None:
    results = all_at_once(20, lambda _: ask(alice, idempotencyKey="k"))
    assert len({asked.image.id for asked in results}) == 1
    assert [asked.replayed for asked in results].count(False) == 1
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_a_monthly_cap_holds(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=10)
    results = all_at_once(20, lambda _: ask(alice, key=key))
    assert kinds(results) == {"GenerationReceipt": 3, KeyCapExceeded.__name__: 17}
    assert ledger.spent_this_month(key.id) == 9


def test_the_running_limit_holds(alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 4
    results = all_at_once(20, lambda _: ask(alice))
    assert kinds(results) == {"GenerationReceipt": 4, TooManyRunning.__name__: 16}


def test_an_account_holds_fifty_keys_however_they_are_created(alice: User) -> None:
    all_at_once(60, lambda number: api_keys.create(alice, name=f"Key {number}"))
    assert api_keys.count_live(alice) == 50


def test_cancelling_and_beginning_have_one_winner(alice: User) -> None:
    images = [ask(alice).image for _ in range(10)]

    def compete(number: int) -> Any:
        image = images[number // 2]
        return generation.cancel(caller_of(alice), image.id) if number % 2 else attempts.claim(image.id)

    results = all_at_once(20, compete)
    for begun, cancelled in zip(results[::2], results[1::2], strict=True):
        assert (begun is None) != isinstance(cancelled, NotCancellable)
    assert list(audit.breaches()) == []


def test_an_image_that_ends_in_several_ways_at_once_is_refunded_once(alice: User) -> None:
    images = [ask(alice).image for _ in range(5)]

    def end(number: int) -> Any:
        image = images[number // 4]
        return (
            generation.cancel(caller_of(alice), image.id) if number % 2 else attempts.end_unleased(image.id, TimedOut())
        )

    all_at_once(20, end)
    assert LedgerEntry.objects.filter(type="refund").count() == 5
    assert CreditAccount.objects.get(user=alice).balance == 100
    assert list(audit.breaches()) == []
