"""Fixtures for the dashboard tests."""

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def alice_client(client: Client, alice: User) -> Client:
    """Return Django's test client, signed in as Alice."""
    client.force_login(alice)
    return client
