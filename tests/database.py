"""Helpers for the test database: bring it back to the state after the migrations, and run SQL."""

import functools
from typing import Final

from django.db import connection

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
    """Drop all other indexes of a table that no constraint needs, until the transaction of the test is rolled back.

    The planner prefers any smaller index for a small table.
    """
    others = """
        SELECT indexrelid::regclass::text FROM pg_index
        WHERE indrelid = %s::regclass AND indexrelid::regclass::text <> ALL(%s)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    """
    for index in _names(others, table, list(kept)):
        run_sql(f"DROP INDEX {index}")


def _names(query: str, *parameters: str | list[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [name for (name,) in cursor.fetchall()]


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
