"""Helpers for the test database: bring it back to the state after the migrations, and run SQL."""

import functools
from typing import Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

# Tables that migrations fill once and no test changes.
KEPT_TABLES: Final = {
    *("auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations"),
}
TABLES: Final = """
SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY(%s) ORDER BY tablename
"""
COPIES: Final = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'initial_rows'"


def copy_initial_rows() -> None:
    """Copy the rows that the migrations inserted into a schema of their own, before the first test."""
    run_sql("CREATE SCHEMA initial_rows")
    for table in _names(TABLES, sorted(KEPT_TABLES)):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT FROM {table} LIMIT 1")
            if cursor.fetchone() is not None:
                cursor.execute(f"CREATE TABLE initial_rows.{table} AS TABLE {table}")


def reset_tables() -> None:
    """Leave only the rows of the migrations. For small tables DELETE is much faster than Django's TRUNCATE."""
    # With this role PostgreSQL skips triggers: the ones that forbid deleting ledger entries, and foreign keys.
    run_sql(f"BEGIN; SET LOCAL session_replication_role = replica; {_statements()}; COMMIT")


@functools.cache
def _statements() -> str:
    deletions = [f"DELETE FROM {table}" for table in _names(TABLES, sorted(KEPT_TABLES))]  # noqa: S608
    copies = [f"INSERT INTO {table} TABLE initial_rows.{table}" for table in _names(COPIES)]
    return "; ".join([*deletions, *copies])


def drop_indexes_except(table: str, *kept: str) -> None:
    """Drop all other indexes of a table, with their constraints, until the transaction of the test is rolled back.

    The planner prefers any smaller index, and after many tests even the primary key's may be the smaller one. Call this
    before the test changes rows of the table: PostgreSQL refuses it while foreign keys are still to be checked.
    """
    constraints = """
        SELECT quote_ident(conname) FROM pg_constraint
        WHERE conrelid = %s::regclass AND conindid <> 0 AND contype IN ('p', 'u', 'x') AND conname <> ALL(%s)
    """
    for constraint in _names(constraints, table, list(kept)):
        run_sql(f"ALTER TABLE {table} DROP CONSTRAINT {constraint} CASCADE")
    indexes = """
        SELECT indexrelid::regclass::text FROM pg_index
        WHERE indrelid = %s::regclass AND indexrelid::regclass::text <> ALL(%s)
    """
    for index in _names(indexes, table, list(kept)):
        run_sql(f"DROP INDEX {index}")


def _names(query: str, *parameters: str | list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [name for (name,) in cursor.fetchall()]


def migrate(*target: tuple[str, str]) -> None:
    """Migrate to the state after these migrations, each an app and a name; to the newest without any."""
    executor = MigrationExecutor(connection)
    executor.migrate(list(target) or executor.loader.graph.leaf_nodes())


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def count_waiting_for_locks() -> int:
    """Return how many connections to this database wait for a lock; the server has those of parallel tests as well."""
    with connection.cursor() as cursor:
        # Within a transaction, the view below stays as it was first read.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])
