"""The connection pool after a restart of the database server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from infrastructure import database
from tests.concurrency import run

pytestmark = pytest.mark.django_db(transaction=True)

# With a timeout in milliseconds, the function returns once the server's process has ended, as it has after a restart.
END_OTHER_CONNECTIONS = """
SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def query_succeeds() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    finally:
        connections.close_all()


def fill_pool() -> None:
    """Fill the pool with idle connections up to its maximum."""
    barrier = threading.Barrier(settings.DATABASE_POOL_SIZE, timeout=60)

    def use() -> None:
        connection.ensure_connection()
        barrier.wait()
        connections.close_all()

    connections.close_all()
    # A thread of an earlier test may still hold a connection; a new pool starts with all of them free.
    connection.close_pool()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(settings.DATABASE_POOL_SIZE) as threads:
        for future in [threads.submit(use) for _ in range(settings.DATABASE_POOL_SIZE)]:
            future.result()


def end_all_connections() -> int:
    with psycopg.connect(database.url(), autocommit=True) as operator:
        row = operator.execute(END_OTHER_CONNECTIONS).fetchone()
        return row[0] if row else 0


def test_the_first_query_after_a_restart_succeeds_if_all_connections_are_broken() -> None:
    fill_pool()
    assert end_all_connections() >= settings.DATABASE_POOL_SIZE
    assert query_succeeds()


def test_all_threads_recover_after_a_restart() -> None:
    fill_pool()
    end_all_connections()
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: query_succeeds(), range(32)))


def test_only_short_statements_commit_asynchronously() -> None:
    setting = (
        "SELECT source = 'client' AS changed FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'"
    )
    assert run(database.fetch_one(setting, {})) == {"changed": True}
    with connection.cursor() as cursor:
        cursor.execute(setting)
        assert cursor.fetchone() in (None, (False,))
