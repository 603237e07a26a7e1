"""Stripe on the wire, and a shop that sells through it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.billing.payments.steps import Deliver, bring, sell_through
from tests.billing.payments.stripe_stand_in import StripeStandIn


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeStandIn]:
    with StripeStandIn() as stand_in:
        sell_through(stand_in, settings)
        yield stand_in


@pytest.fixture
def deliver() -> Deliver:
    return bring
