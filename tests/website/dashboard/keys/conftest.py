"""People at the pages about agents, without a browser."""

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def alices_client(client: Client, alice: User) -> Client:
    """Alice, who has signed in."""
    client.force_login(alice)
    return client
