"""Fixture of payment tests: Stripe's API as a local server."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.billing.payments.steps import use_stripe
from tests.billing.payments.stripe_stand_in import StripeStandIn


@pytest.fixture
def stripe(settings: Any) -> Iterator[StripeStandIn]:
    with StripeStandIn() as stand_in:
        use_stripe(stand_in, settings)
        yield stand_in
