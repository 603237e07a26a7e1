"""Helpers for the test database: empty the tables, restore the initial data, run SQL."""

import copy
import functools
import importlib

from django.apps import apps
from django.db import connection

from images.models import CatalogueModel, ModelPrice

# Tables that migrations fill once and no test changes.
KEPT_TABLES = {"auth_group", "auth_group_permissions", "auth_permission", "django_content_type", "django_migrations"}
TABLES = """
SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND NOT tablename = ANY(%s) ORDER BY tablename
"""


def empty_tables() -> None:
    """Empty the tables with DELETE, which for small tables is much faster than Django's TRUNCATE."""
    shipped_catalogue()
    # With this role PostgreSQL skips triggers: the ones that forbid deleting ledger entries, and foreign keys.
    run_sql(f"BEGIN; SET LOCAL session_replication_role = replica; {_delete_statements()}; COMMIT")


@functools.cache
def _delete_statements() -> str:
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [sorted(KEPT_TABLES)])
        return "; ".join(f"DELETE FROM {name}" for (name,) in cursor.fetchall())  # noqa: S608


def restore_initial_data() -> None:
    """Insert the rows of the migrations again after a transactional test has emptied the tables."""
    if not CatalogueModel.objects.exists():
        for model in shipped_catalogue():
            copy.copy(model).save(force_insert=True)
        importlib.import_module("billing.migrations.0003_packs").add(apps, None)
        importlib.import_module("accounts.migrations.0010_known_oauth_clients").add_clients(apps, None)
        importlib.import_module("accounts.migrations.0011_preset_clients").mark_preset(apps, None)


@functools.cache
def shipped_catalogue() -> tuple[CatalogueModel | ModelPrice, ...]:
    """Return the catalogue as the migrations fill it; read from a database that no test has changed yet."""
    return (*CatalogueModel.objects.all(), *ModelPrice.objects.all())


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
