"""A deleted account's address is in no table, and every staff action stays in the history."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from accounts import api_keys, deletion
from accounts.models import User
from billing.models import Pack
from images import audit
from images.models import AuditRun
from staff.account_deletion import DELETED_STAFF_EMAIL, anonymize_history
from tests.concurrency import eventually
from tests.factories import finished_image, paid_purchase
from tests.staff.conftest import staff_member
from tests.staff.test_actions import REASON, action_path, confirm, failed_image, lake_image
from tests.website.sign_in.steps import verified_user

pytestmark = pytest.mark.django_db

STAFF_EMAIL = "superuser@example.com"


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
    assert owner.post(action_path(alice, "change"), {"is_staff": "on", **REASON}).status_code == 302
    confirm(owner, "/admin/images/cataloguemodel/openai_3Agpt-image-2/switch/", REASON)
    confirm(owner, "/admin/images/auditrun/run/", REASON)
    audit.run()
    confirm(owner, action_path(AuditRun.objects.get(), "acknowledge"), REASON)
    pack = {"credits": 100, "price_cents": 600, **REASON}
    assert owner.post(action_path(Pack.objects.get(credits=100), "change"), pack).status_code == 302
    # Reasons of older versions could contain addresses.
    author = User.objects.get(email=STAFF_EMAIL)
    message = "Restore: Restored. Reason: wrote from Alice@example.com"
    LogEntry.objects.log_actions(author.pk, [author], CHANGE, message, single_object=True)
    entries = LogEntry.objects.count()
    assert entries >= 14
    assert tables_with("alice@example.com") >= {"accounts_user", "django_admin_log"}
    deletion.delete(alice)
    assert tables_with("alice@example.com") == set()
    assert LogEntry.objects.count() == entries
    assert LogEntry.objects.filter(change_message__contains="wrote from [deleted address]").exists()
    actions = list(LogEntry.objects.values_list("pk", "action_time", "change_message"))
    deletion.delete(author)
    assert tables_with(STAFF_EMAIL) == set()
    assert list(LogEntry.objects.values_list("pk", "action_time", "change_message")) == actions
    assert set(LogEntry.objects.values_list("user__email", flat=True)) == {DELETED_STAFF_EMAIL}


def test_the_actions_of_several_deleted_members_of_staff_stay_on_the_pages(
    staff: Callable[[str], Client], alice: User
) -> None:
    for role in ("superuser", "support"):
        confirm(staff(role), action_path(alice, "grant"), {"amount": 5, **REASON})
        deletion.delete(User.objects.get(email=f"{role}@example.com"))
    reader = staff("auditor")
    for path in ("/admin/admin/logentry/", action_path(alice, "history")):
        assert reader.get(path).content.decode().count(DELETED_STAFF_EMAIL) == 2, path


def test_the_placeholder_of_deleted_staff_cannot_be_used(client: Client, alice: User) -> None:
    LogEntry.objects.log_actions(alice.pk, [alice], CHANGE, "Granted", single_object=True)
    deletion.delete(alice)
    placeholder = User.objects.get(email=DELETED_STAFF_EMAIL)
    assert (placeholder.is_active, placeholder.is_staff, placeholder.has_usable_password()) == (False, False, False)
    response = client.post("/accounts/signup/", {"email": DELETED_STAFF_EMAIL, "password1": "a quiet lake at dawn"})
    assert "Enter a valid email address" in response.content.decode()


def test_deleting_an_account_without_staff_actions_adds_no_placeholder(alice: User) -> None:
    deletion.delete(alice)
    assert not User.objects.exists()


def test_deletion_finds_entries_of_the_history_by_their_indexes(alice: User) -> None:
    api_keys.create(alice, name="Laptop")
    author = staff_member("support")
    LogEntry.objects.log_actions(author.pk, [alice], CHANGE, "wrote from alice@example.com", single_object=True)
    LogEntry.objects.log_actions(alice.pk, [author], CHANGE, "Suspended", single_object=True)
    with CaptureQueriesContext(connection) as captured:
        deletion.delete(alice)
    statements = [query["sql"] for query in captured.captured_queries if "django_admin_log" in query["sql"]]
    assert len(statements) >= 6
    for statement in statements:
        assert "Seq Scan on django_admin_log" not in plan(statement), statement


@pytest.mark.django_db(transaction=True)
def test_an_action_during_the_deletion_of_its_author_fails_instead_of_being_deleted(alice: User) -> None:
    author = staff_member("support")

    def act() -> None:
        try:
            LogEntry.objects.log_actions(author.pk, [alice], CHANGE, "Granted", single_object=True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            anonymize_history(author)
            acting = pool.submit(act)
            eventually(lambda: is_awaited() or acting.done())
            author.delete()
        with pytest.raises(IntegrityError):
            acting.result()


def is_awaited() -> bool:
    """Return whether another transaction waits for the end of this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid")
        return bool(cursor.rowcount > 0)


def plan(statement: str) -> str:
    """Return the plan of a statement that reads whole tables only where no index applies."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())


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
