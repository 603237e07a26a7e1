"""Fixtures of the webhook tests: a receiver on this machine, and an endpoint of Alice's there."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from images.models import WebhookEndpoint
from tests.factories import create_webhook
from tests.images.webhooks.receiver import Receiver


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def endpoint(alice: User, receiver: Receiver) -> WebhookEndpoint:
    return create_webhook(alice, receiver.hook_url).endpoint
