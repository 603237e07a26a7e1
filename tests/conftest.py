"""What all tests share: the database's state, people, and the clients and workers that a test may need."""

import asyncio
import functools
import gc
import importlib
import itertools
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.apps import apps
from django.db import connection, connections
from django.test import TransactionTestCase

from accounts import api_keys
from accounts.authentication import Caller, KeyFacts
from accounts.exceptions import ServiceError
from accounts.models import ApiKey, User
from billing import ledger
from config import database
from images.listener import listener
from images.models import ImageModel
from images.worker import Worker
from tests.images.providers.stand_in import ProviderStandIn
from tests.web_server import Server

Result = TypeVar("Result")

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


# What a migration or Django itself put there once, and no test changes.
KEPT_TABLES = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations"}
TABLES = """
SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY(%s) ORDER BY tablename
"""

# The folders that take longest: a browser takes all the time that it gets, and other processes are mostly waited for.
BUSY = {"browser"}
WAITING = {"chaos", "config", "faults", "many"}


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


def empty_tables() -> None:
    """Empty the tables after a transactional test with DELETE, which is much faster than Django's TRUNCATE."""
    # As a replica PostgreSQL fires no triggers: the ledger's, which refuse this, and foreign keys.
    run_sql(f"BEGIN; SET LOCAL session_replication_role = replica; {_deletions()}; COMMIT")


@functools.cache
def _deletions() -> str:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [sorted(KEPT_TABLES)])
        return "; ".join(f"DELETE FROM {name}" for (name,) in cursor.fetchall())  # noqa: S608


@pytest.fixture(autouse=True)
def _first_data(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("django_db") or {"db", "transactional_db"} & set(request.fixturenames):
        request.getfixturevalue("_django_db_helper")
        restore_first_data()


def restore_first_data() -> None:
    """Put the catalogue and the packs back that a transactional test's end has removed."""
    if not ImageModel.objects.exists():
        importlib.import_module("images.migrations.0003_first_models").add(apps, None)
        importlib.import_module("billing.migrations.0003_packs").add(apps, None)


@pytest.fixture(autouse=True)
def _own_storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.STORAGES = {
        **settings.STORAGES,
        "pictures": {"BACKEND": "images.storage.DurableFileStorage", "OPTIONS": {"location": settings.MEDIA_ROOT}},
    }


@pytest.fixture(autouse=True)
def _no_limits(settings: Any) -> None:
    """Limits are off unless a test is about them."""
    settings.RATE_LIMIT_PER_MINUTE = 0
    settings.MAX_RUNNING_PER_USER = 0


def member(email: str, *, credits: int = 0) -> User:
    """Return a new user with this many credits."""
    user = User.objects.create_user(email)
    if credits:
        ledger.grant(user.id, amount=credits, reason="to begin with")
    return user


def caller_of(user: User, key: ApiKey | None = None) -> Caller:
    """Return what authentication would make of this user and key."""
    return Caller(user.id, user.email, key=facts_of(key) if key else None)


def facts_of(key: ApiKey) -> KeyFacts:
    """Return what a request carries of its key."""
    allowed = None if key.allowed_models is None else frozenset(key.allowed_models)
    return KeyFacts(key.id, key.name, key.last_four, key.monthly_credit_cap, allowed)


@pytest.fixture
def alice(db: None) -> User:
    """Owns what the test is about, and 100 credits."""
    return member("alice@example.com", credits=100)


@pytest.fixture
def bob(db: None) -> User:
    """Somebody else, with 100 credits of his own."""
    return member("bob@example.com", credits=100)


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


def run(awaitable: Awaitable[Result]) -> Result:
    """Run something asynchronous to its end, and close what it opened."""

    async def all_of_it() -> Result:
        try:
            return await awaitable
        finally:
            await listener().close()
            await database.close()

    return asyncio.run(all_of_it())


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


class WorkerThread:
    """A worker beside the test, in a thread with an event loop of its own."""

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="worker")

    async def _run(self) -> None:
        self.worker, self.loop = Worker(), asyncio.get_running_loop()
        self._started.set()
        await self.worker.run()

    def start(self) -> "WorkerThread":
        self._thread.start()
        self._started.wait()
        return self

    def stop(self) -> None:
        """Drain and wait for the end."""
        assert self.worker is not None
        assert self.loop is not None
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self.worker.stop)
        self._thread.join()


@pytest.fixture
def worker(transactional_db: None) -> Iterator[WorkerThread]:
    """A worker that makes images while the test goes on."""
    thread = WorkerThread().start()
    yield thread
    thread.stop()


def eventually(condition: Callable[[], Result | None], *, seconds: float = 60.0) -> Result:
    """Return the condition's first true value; how long that may take is a bound for a broken run, not a measure."""
    waiting = threading.Event()
    for _ in range(int(seconds / 0.05)):
        value = condition()
        if value:
            return value
        waiting.wait(0.05)
    raise AssertionError(f"not within {seconds} s: {condition}")


def at_once(*functions: Callable[[], object]) -> list[str]:
    """Run all of them at the same moment; return what each did: `done`, `nothing` (a false value), or its error."""
    together = threading.Barrier(len(functions))

    def outcome(function: Callable[[], object]) -> str:
        together.wait()
        try:
            return "done" if function() else "nothing"
        except ServiceError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(outcome, functions))
