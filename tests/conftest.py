"""Fixtures of all tests: database state, settings, users, and the server, provider and worker."""

import gc
import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from accounts import api_keys
from accounts.models import User
from images.providers.sandbox import provider as sandbox
from infrastructure.local_state import LOCAL_DIR
from tests.database import copy_initial_rows, reset_tables
from tests.factories import create_user
from tests.images.providers.stand_in import ProviderStandIn
from tests.web_server import Server
from tests.worker_thread import WorkerThread

TERMINATE_OTHER_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


# The programs that a marked test requires, and the command that installs them.
REQUIREMENTS = {"needs_node": ("clients", "make node"), "agents": ("clients/agents", "make clients")}

# The slowest folders: browser tests use a whole core, and the others mostly wait for other processes.
CPU_BOUND = {"browser"}
WAITING = {"chaos", "faults", "infrastructure", "many"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow files first and alternate the two groups, so that parallel processes do not compete for cores."""
    files = list(dict.fromkeys(item.path for item in items))
    cpu_bound, waiting = ([file for file in files if file.parent.name in folders] for folders in (CPU_BOUND, WAITING))
    order = [*itertools.chain.from_iterable(itertools.zip_longest(cpu_bound, waiting)), *files]
    # The slow files are in the list twice; in reverse order the first position overwrites the later one.
    positions = {path: position for position, path in reversed(list(enumerate(order)))}
    items.sort(key=lambda item: positions[item.path])


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker, (programs, command) in REQUIREMENTS.items():
        if item.get_closest_marker(marker) and not (LOCAL_DIR / "node" / programs / ".installed").exists():
            reason = f"{item.name} is skipped: it requires npm and the programs that `{command}` installs"
            if os.environ.get("REQUIRE_NODE"):
                pytest.fail(reason)
            pytest.skip(reason)


def pytest_collection_finish() -> None:
    """Exclude the imported modules and collected tests from garbage collection, which would scan them repeatedly."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock():
        copy_initial_rows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: reset_tables())
        yield
    # Connections of threads and processes that a test has killed may still exist, and would block DROP DATABASE.
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(TERMINATE_OTHER_CONNECTIONS)


@pytest.fixture(autouse=True)
def _temporary_storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {
        **settings.STORAGES,
        "pictures": {
            "BACKEND": "images.storage.files.DurableFileStorage",
            "OPTIONS": {"location": settings.MEDIA_ROOT},
        },
    }


@pytest.fixture(autouse=True)
def _sandbox(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox generates pictures, without its pause, unless a test configures another provider."""
    settings.SANDBOX_PROVIDERS = "on"
    monkeypatch.setattr(sandbox, "CALL_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """Request limits are off; tests of the limits turn them on."""
    settings.RATE_LIMIT_PER_MINUTE = 0
    settings.MAX_RUNNING_PER_USER = 0


@pytest.fixture
def alice(db: None) -> User:
    """The owner of the objects under test, with 100 credits."""
    return create_user("alice@example.com", credits=100)


@pytest.fixture
def bob(db: None) -> User:
    """Another user, with 100 credits."""
    return create_user("bob@example.com", credits=100)


@pytest.fixture
def alices_key(alice: User) -> str:
    """The secret of one of Alice's keys."""
    return api_keys.create(alice, name="Laptop")[1]


@pytest.fixture(scope="session")
def server(django_db_setup: None) -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def provider(settings: Any) -> Iterator[ProviderStandIn]:
    """An HTTP server with the wire formats of both providers, which the service is configured to use."""
    with ProviderStandIn() as stand_in:
        settings.SANDBOX_PROVIDERS = "off"
        settings.OPENAI_API_KEY = settings.GEMINI_API_KEY = "provider-secret"
        settings.OPENAI_BASE_URL = stand_in.url_openai
        settings.GOOGLE_GEMINI_BASE_URL = stand_in.url_google
        yield stand_in


@pytest.fixture
def worker(transactional_db: None) -> Iterator[WorkerThread]:
    """A worker that generates images during the test."""
    thread = WorkerThread().start()
    yield thread
    thread.stop()
