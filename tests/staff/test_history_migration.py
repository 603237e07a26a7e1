"""The migration that erases the addresses of accounts deleted by earlier versions from the history."""

import uuid
from collections.abc import Iterator

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.database import migrate
from tests.factories import create_user

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("staff", "0001_history_indexes")
AFTER = ("staff", "0002_erase_deleted_addresses")


@pytest.fixture
def _previous_version(db: None) -> Iterator[None]:
    migrate(BEFORE)
    yield
    migrate()


def entry_about(
    model: type[User] | type[ApiKey], pk: uuid.UUID, name: str, message: str = "Suspend: Suspended."
) -> LogEntry:
    author = User.objects.get(email="support@example.com")
    content_type = ContentType.objects.get_for_model(model)
    return LogEntry.objects.create(
        user=author,
        content_type=content_type,
        object_id=str(pk),
        object_repr=name,
        action_flag=CHANGE,
        change_message=message,
    )


@pytest.mark.usefixtures("_previous_version")
def test_names_of_deleted_accounts_and_keys_are_erased_and_others_stay(alice: User) -> None:
    create_user("support@example.com")
    key, _ = api_keys.create(alice, name="Laptop")
    entry_about(User, uuid.uuid4(), "gone@example.com")
    entry_about(ApiKey, uuid.uuid4(), "gone@example.com, laptop (…abcd)")
    entry_about(User, alice.pk, "alice@example.com")
    entry_about(ApiKey, key.pk, str(key))
    migrate(AFTER)
    names = list(LogEntry.objects.order_by("pk").values_list("object_repr", flat=True))
    assert names == ["Deleted", "Deleted", "alice@example.com", str(key)]


MESSAGES = {
    "Reason: wrote from Gone@example.com.": "Reason: wrote from [deleted address].",
    "Reason: as (gone@example.com), asked": "Reason: as ([deleted address]), asked",
    "Reason: not alice@example.com but bob@example.com": "Reason: not alice@example.com but [deleted address]",
    "Reason: for Alice@Example.com!": "Reason: for Alice@Example.com!",
    "Reason: met @ noon, ticket 4711": "Reason: met @ noon, ticket 4711",
}


@pytest.mark.usefixtures("_previous_version")
def test_an_address_without_an_account_is_erased_from_a_message(alice: User) -> None:
    create_user("support@example.com")
    entries = {message: entry_about(User, alice.pk, "alice@example.com", message) for message in MESSAGES}
    migrate(AFTER)
    erased = {message: LogEntry.objects.get(pk=entry.pk).change_message for message, entry in entries.items()}
    assert erased == MESSAGES


@pytest.mark.usefixtures("_previous_version")
def test_the_migration_can_be_reversed_and_applied_again(alice: User) -> None:
    create_user("support@example.com")
    entry = entry_about(User, uuid.uuid4(), "gone@example.com")
    for target in (AFTER, BEFORE, AFTER):
        migrate(target)
    entry.refresh_from_db()
    assert entry.object_repr == "Deleted"
