"""What all tests share: the database's state, people, and the clients and workers that a test may need."""

import gc
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from accounts import api_keys
from accounts.models import User
from tests.database import empty_tables, restore_first_data
from tests.factories import create_user
from tests.images.providers.stand_in import ProviderStandIn
from tests.web_server import Server
from tests.worker_thread import WorkerThread

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


# The folders that take longest: a browser takes all the time that it gets, and other processes are mostly waited for.
BUSY = {"browser"}
WAITING = {"chaos", "faults", "infrastructure", "many"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the long files, busy and waiting ones in turns: together they take less time than their own kind."""
    files = list(dict.fromkeys(item.path for item in items))
    busy, waiting = ([each for each in files if each.parent.name in kind] for kind in (BUSY, WAITING))
    order = [*itertools.chain.from_iterable(itertools.zip_longest(busy, waiting)), *files]
    places = {path: place for place, path in reversed(list(enumerate(order)))}
    items.sort(key=lambda item: places[item.path])


def pytest_collection_finish() -> None:
    """Keep the garbage collector from going through everything that was imported and collected, again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_tables())
        yield
    # Threads and processes that a test has killed may still be leaving; a database in use cannot be dropped.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(END_OTHERS)


@pytest.fixture(autouse=True)
def _first_data(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("_django_db_helper")
        restore_first_data()


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {
        **settings.STORAGES,
        "pictures": {
            "BACKEND": "images.storage.files.DurableFileStorage",
            "OPTIONS": {"location": settings.MEDIA_ROOT},
        },
    }


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    """The sandbox provider makes the pictures unless a test sets up another one."""
    settings.SANDBOX_PROVIDERS = "on"


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """Limits are off unless a test is about them."""
    settings.RATE_LIMIT_PER_MINUTE = 0
    settings.MAX_RUNNING_PER_USER = 0


@pytest.fixture
def alice(db: None) -> User:
    """Owns what the test is about, and 100 credits."""
    return create_user("alice@example.com", credits=100)


@pytest.fixture
def bob(db: None) -> User:
    """Somebody else, with 100 credits of his own."""
    return create_user("bob@example.com", credits=100)


@pytest.fixture
def alices_key(alice: User) -> str:
    """The secret of a key of Alice's."""
    return api_keys.create(alice, name="Laptop")[1]


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def provider(settings: Any) -> Iterator[ProviderStandIn]:
    """Both providers, as they would answer over the wire."""
    with ProviderStandIn() as stand_in:
        settings.SANDBOX_PROVIDERS = "off"
        settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = "provider-secret"
        settings.OPENAI_BASE_URL = stand_in.url_openai
        settings.GOOGLE_GEMINI_BASE_URL = stand_in.url_google
        yield stand_in


@pytest.fixture
def worker(transactional_db: None) -> Iterator[WorkerThread]:
    """A worker that makes images while the test goes on."""
    thread = WorkerThread().start()
    yield thread
    thread.stop()
