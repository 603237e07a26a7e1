"""A deleted account's address is in no table, whatever staff did with the account before."""

from collections.abc import Callable

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection
from django.test import Client
from psycopg import sql

from accounts import api_keys, deletion
from accounts.models import User
from tests.factories import finished_image, paid_purchase
from tests.staff.test_actions import REASON, action_path, confirm, failed_image, lake_image
from tests.website.sign_in.steps import verified_user

pytestmark = pytest.mark.django_db


def test_no_table_contains_the_address_after_every_kind_of_staff_action(
    staff: Callable[[str], Client], alice: User
) -> None:
    owner = staff("superuser")
    verified_user(alice)
    key, _ = api_keys.create(alice, name="alice@example.com, laptop")
    purchase = paid_purchase(alice)
    confirm(owner, action_path(alice, "grant"), {"amount": 5, **REASON})
    confirm(owner, action_path(alice, "grant"), {"amount": 5, "reason": "for Alice@Example.com"})
    confirm(owner, action_path(alice, "adjust"), {"amount": -5, **REASON})
    confirm(owner, action_path(finished_image(alice), "refund"), REASON)
    confirm(owner, action_path(failed_image(alice), "retry"), REASON)
    confirm(owner, action_path(lake_image(alice), "end"), REASON)
    confirm(owner, action_path(key, "revoke"), REASON)
    confirm(owner, action_path(purchase, "compare"), REASON)
    confirm(owner, action_path(alice, "suspend"), REASON)
    confirm(owner, action_path(alice, "restore"), REASON)
    assert owner.post(action_path(alice, "change"), {"is_staff": "on"}).status_code == 302
    # Reasons of older versions could contain addresses.
    author = User.objects.get(email="superuser@example.com")
    message = "Restore: Restored. Reason: wrote from Alice@example.com"
    LogEntry.objects.log_actions(author.pk, [author], CHANGE, message, single_object=True)
    entries = LogEntry.objects.count()
    assert entries >= 10
    assert tables_with("alice@example.com") >= {"accounts_user", "django_admin_log"}
    deletion.delete(alice)
    assert tables_with("alice@example.com") == set()
    assert LogEntry.objects.count() == entries
    assert LogEntry.objects.filter(change_message__contains="wrote from [deleted address]").exists()


def tables_with(text: str) -> set[str]:
    """Return the tables that have a row with this text, in any column and case."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            rows = sql.SQL("SELECT count(*) FROM {} t WHERE t::text ILIKE %s").format(sql.Identifier(table))
            cursor.execute(rows, [f"%{text}%"])
            if cursor.fetchone() != (0,):
                found.add(table)
    return found
