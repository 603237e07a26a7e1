"""Concurrent requests: balance, idempotency key, monthly cap and running limit hold, and no request deadlocks."""

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
from images.exceptions import NotCancellable, TooManyRunning
from images.failures import TimedOut
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.factories import caller_of, create_user

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 16


def run_concurrently(times: int, function: Callable[[int], Any]) -> list[Any]:
    """Call the function this many times from threads that start at the same moment; exceptions are results."""
    barrier = threading.Barrier(min(times, THREADS))

    def call(number: int) -> Any:
        try:
            if number < THREADS:
                barrier.wait()
            return function(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(call, range(times)))


def request_image(user: User, *, key: Any = None, **fields: str) -> generation.GenerationReceipt:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-1.5", **fields})
    return generation.request(caller_of(user, key), arguments)


def count_types(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_of_200_requests_only_the_33_that_the_balance_covers_succeed() -> None:
    alice = create_user("alice@example.com", credits=100)
    results = run_concurrently(200, lambda _: request_image(alice))
    assert count_types(results) == {"GenerationReceipt": 33, InsufficientCredits.__name__: 167}
    assert (Image.objects.count(), CreditAccount.objects.get(user=alice).balance) == (33, 1)
    assert list(audit.breaches()) == []


def test_concurrent_requests_with_one_idempotency_key_make_one_image_and_one_charge(alice: User) -> None:
    results = run_concurrently(20, lambda _: request_image(alice, idempotencyKey="k"))
    assert len({receipt.image.id for receipt in results}) == 1
    assert [receipt.replayed for receipt in results].count(False) == 1
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_the_monthly_cap_is_not_exceeded(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=10)
    results = run_concurrently(20, lambda _: request_image(alice, key=key))
    assert count_types(results) == {"GenerationReceipt": 3, KeyCapExceeded.__name__: 17}
    assert ledger.spent_this_month(key.id) == 9


def test_the_running_limit_is_not_exceeded(alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 4
    results = run_concurrently(20, lambda _: request_image(alice))
    assert count_types(results) == {"GenerationReceipt": 4, TooManyRunning.__name__: 16}


def test_concurrent_creation_stops_at_fifty_keys(alice: User) -> None:
    run_concurrently(60, lambda number: api_keys.create(alice, name=f"Key {number}"))
    assert api_keys.count_live(alice) == 50


def test_either_the_cancellation_or_the_claim_succeeds(alice: User) -> None:
    images = [request_image(alice).image for _ in range(10)]

    def compete(number: int) -> Any:
        image = images[number // 2]
        return generation.cancel(caller_of(alice), image.id) if number % 2 else attempts.claim(image.id)

    results = run_concurrently(20, compete)
    for claimed, cancelled in zip(results[::2], results[1::2], strict=True):
        assert (claimed is None) != isinstance(cancelled, NotCancellable)
    assert list(audit.breaches()) == []


def test_an_image_that_is_ended_concurrently_is_refunded_once(alice: User) -> None:
    images = [request_image(alice).image for _ in range(5)]

    def end(number: int) -> Any:
        image = images[number // 4]
        return (
            generation.cancel(caller_of(alice), image.id) if number % 2 else attempts.end_unleased(image.id, TimedOut())
        )

    run_concurrently(20, end)
    assert LedgerEntry.objects.filter(type="refund").count() == 5
    assert CreditAccount.objects.get(user=alice).balance == 100
    assert list(audit.breaches()) == []
