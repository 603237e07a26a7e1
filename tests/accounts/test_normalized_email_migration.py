"""The migration that converts existing addresses to their normal form, and the constraints it adds."""

import uuid
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("accounts", "0007_seen")
AFTER = ("accounts", "0008_normalized_email")
DOTLESS = "sus\N{LATIN SMALL LETTER DOTLESS I}@example.com"
LONG_S = "\N{LATIN SMALL LETTER LONG S}usi@example.com"


def migrate(*target: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(target) or executor.loader.graph.leaf_nodes())


@pytest.fixture
def _previous_schema(db: None) -> Iterator[None]:
    migrate(BEFORE)
    yield
    migrate()


def add_user(email: str, *, verified: bool = True) -> uuid.UUID:
    user = User(email=email, password="!")
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user.pk


def addresses_of(user_id: uuid.UUID) -> list[tuple[str, bool]]:
    return list(EmailAddress.objects.filter(user_id=user_id).values_list("email", "verified"))


@pytest.mark.usefixtures("_previous_schema")
def test_an_international_domain_is_converted_and_stays_verified() -> None:
    user_id = add_user("ada@m\u00fcller.example")
    migrate(AFTER)
    assert User.objects.get().email == "ada@xn--mller-kva.example"
    assert addresses_of(user_id) == [("ada@xn--mller-kva.example", True)]


@pytest.mark.usefixtures("_previous_schema")
def test_look_alikes_get_an_unusable_address_and_the_owner_keeps_theirs() -> None:
    look_alikes = [add_user(DOTLESS, verified=False), add_user(LONG_S), add_user("susi@exa\u200bmple.com")]
    owner_id = add_user("susi@example.com")
    migrate(AFTER)
    assert addresses_of(owner_id) == [("susi@example.com", True)]
    for user_id in look_alikes:
        assert User.objects.get(pk=user_id).email == f"account-{user_id.hex}@look-alike.invalid"
        assert addresses_of(user_id) == []


@pytest.mark.usefixtures("_previous_schema")
def test_of_two_spellings_of_one_mailbox_the_older_account_keeps_the_address() -> None:
    older_id = add_user("ada@\uff45xample.com")
    newer_id = add_user("ada@example\u3002com")
    migrate(AFTER)
    assert User.objects.get(pk=older_id).email == "ada@example.com"
    assert addresses_of(older_id) == [("ada@example.com", True)]
    assert User.objects.get(pk=newer_id).email.endswith(".invalid")


@pytest.mark.usefixtures("_previous_schema")
def test_the_migration_can_be_reversed_and_applied_again() -> None:
    add_user("ada@m\u00fcller.example")
    for target in (AFTER, BEFORE, AFTER):
        migrate(target)
    assert User.objects.get().email == "ada@xn--mller-kva.example"


@pytest.mark.parametrize("email", [LONG_S, DOTLESS, "Susi@example.com", "susi@m\u00fcller.example", "", "susi"])
def test_the_database_accepts_no_other_form(email: str, alice: User) -> None:
    with pytest.raises(IntegrityError, match="accounts_user_email_normal"):
        User.objects.filter(pk=alice.pk).update(email=email)
    with pytest.raises(IntegrityError, match="accounts_emailaddress_normal"):
        EmailAddress.objects.create(user=alice, email=email)
