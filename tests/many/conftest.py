"""One deployment for each test module, behind nginx, and users with API keys."""

import os
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from accounts import api_keys
from accounts.models import User
from tests.api.program import Program
from tests.database import reset_tables
from tests.factories import create_user
from tests.many.processes import NGINX, Site, site

CREDITS = 1000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests without nginx, unless REQUIRE_NGINX is set: then they fail."""
    if NGINX or os.environ.get("REQUIRE_NGINX"):
        return
    for item in items:
        if "tests/many" in str(item.path):
            item.add_marker(pytest.mark.skip(reason="needs nginx"))


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The deployment; its tests only add users and images."""
    assert NGINX, "nginx is missing. Install it, for example with apt."
    # Without the test database this fixture would fill, and then empty, a real one.
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        with site(tmp_path_factory.mktemp("site")) as deployment:
            yield deployment
        reset_tables()


@pytest.fixture
def _django_db_helper(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Give tests the database that the processes see: without a transaction, and without emptying tables."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def user(running: Site) -> User:
    """A user for this test alone, with credits."""
    return create_user(f"{uuid.uuid4().hex}@example.com", credits=CREDITS)


@pytest.fixture
def key(user: User) -> str:
    """The secret of an API key of the user."""
    return api_keys.create(user, name="Laptop")[1]


@pytest.fixture
def program(running: Site, key: str) -> Iterator[Program]:
    """A REST client with the key, which calls through the proxy."""
    program = Program(running.url, key)
    with program.http:
        yield program
