"""The pool of connections after the server has gone away and come back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from infrastructure import database
from tests.concurrency import run

pytestmark = pytest.mark.django_db(transaction=True)

END_THE_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


def answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    finally:
        connections.close_all()


def fill_pool() -> None:
    """Have as many connections as the pool may hold in it, all of them idle."""
    together = threading.Barrier(settings.DATABASE_POOL_SIZE, timeout=60)

    def use() -> None:
        connection.ensure_connection()
        together.wait()
        connections.close_all()

    connections.close_all()
    # A thread of an earlier test may hold one of its connections still: a new pool has all of them to give.
    connection.close_pool()  # type: ignore[attr-defined]
    with ThreadPoolExecutor(settings.DATABASE_POOL_SIZE) as threads:
        for used in [threads.submit(use) for _ in range(settings.DATABASE_POOL_SIZE)]:
            used.result()


def end_all_connections() -> int:
    with psycopg.connect(database.url(), autocommit=True) as operator:
        row = operator.execute(END_THE_OTHERS).fetchone()
        return row[0] if row else 0


def test_the_first_query_after_a_restart_is_answered_however_many_connections_died() -> None:
    fill_pool()
    assert end_all_connections() >= settings.DATABASE_POOL_SIZE
    assert answers()


def test_all_threads_go_on_after_a_restart() -> None:
    fill_pool()
    end_all_connections()
    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(lambda _: answers(), range(32)))


def test_only_what_is_counted_does_not_wait_for_the_disk() -> None:
    setting = "SELECT source = 'client' AS asked FROM pg_settings WHERE name = 'synchronous_commit' AND setting = 'off'"
    assert run(database.fetch_one(setting, {})) == {"asked": True}
    with connection.cursor() as cursor:
        cursor.execute(setting)
        assert cursor.fetchone() in (None, (False,))
