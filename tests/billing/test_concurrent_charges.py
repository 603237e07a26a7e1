"""Concurrent ledger statements, without the lock that their callers usually take first."""

import uuid
from collections import Counter

import pytest

from accounts import api_keys
from accounts.models import User
from billing import audit, ledger
from tests.concurrency import at_once
from tests.factories import balance

pytestmark = pytest.mark.django_db(transaction=True)


def test_concurrent_charges_do_not_exceed_the_balance(alice: User) -> None:
    def charge() -> object:
        return ledger.charge(alice.id, credits=3, reference_id=uuid.uuid4(), description="Image")

    assert Counter(at_once(*[charge] * 60)) == {"done": 33, "insufficient_credits": 27}
    assert balance(alice) == 1


def test_concurrent_charges_do_not_exceed_the_cap(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=20)

    def charge() -> object:
        return ledger.charge(
            alice.id, credits=3, reference_id=uuid.uuid4(), description="Image", api_key_id=key.id, monthly_cap=20
        )

    assert Counter(at_once(*[charge] * 40)) == {"done": 6, "key_cap_exceeded": 34}
    assert (balance(alice), ledger.spent_this_month(key.id)) == (82, 18)


def test_concurrent_refunds_and_grants_add_up(alice: User) -> None:
    charged = [uuid.uuid4() for _ in range(10)]
    for reference in charged:
        ledger.charge(alice.id, credits=5, reference_id=reference, description="Image")
    refunds = [lambda reference=reference: ledger.refund(reference, reason="failed") for reference in charged]
    grants = [lambda: ledger.grant(alice.id, amount=1, reason="thanks")] * 10
    assert set(at_once(*refunds, *grants)) == {"done"}
    assert balance(alice) == 110
    assert list(audit.breaches()) == []
