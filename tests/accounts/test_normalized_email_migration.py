"""The migration that converts existing addresses to their normal form, and the constraints it adds."""

import uuid
from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError

from accounts.models import User
from tests.database import migrate

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("accounts", "0007_seen")
AFTER = ("accounts", "0008_normalized_email")
DOTLESS = "sus\N{LATIN SMALL LETTER DOTLESS I}@example.com"
LONG_S = "\N{LATIN SMALL LETTER LONG S}usi@example.com"


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


def email_of(user_id: uuid.UUID) -> str:
    return User.objects.get(pk=user_id).email


def addresses_of(user_id: uuid.UUID) -> list[tuple[str, bool]]:
    return list(EmailAddress.objects.filter(user_id=user_id).values_list("email", "verified"))


@pytest.mark.long
@pytest.mark.usefixtures("_previous_schema")
def test_existing_addresses_are_converted_or_replaced() -> None:
    international_id = add_user("eva@m\u00fcller.example")
    look_alike_ids = [add_user(DOTLESS, verified=False), add_user(LONG_S), add_user("susi@exa\u200bmple.com")]
    owner_id = add_user("susi@example.com")
    older_id, newer_id = add_user("ada@\uff45xample.com"), add_user("ada@example\u3002com")
    # The migration can be reversed and applied again.
    for target in (AFTER, BEFORE, AFTER):
        migrate(target)
    # An international domain is converted and stays verified.
    assert addresses_of(international_id) == [("eva@xn--mller-kva.example", True)]
    # Look-alikes get an unusable address, and the owner keeps theirs.
    assert addresses_of(owner_id) == [("susi@example.com", True)]
    for user_id in look_alike_ids:
        assert email_of(user_id) == f"account-{user_id.hex}@look-alike.invalid"
        assert addresses_of(user_id) == []
    # Of two spellings of one mailbox the older account keeps the address.
    assert addresses_of(older_id) == [("ada@example.com", True)]
    assert email_of(newer_id).endswith(".invalid")
    for user_id in (international_id, owner_id, older_id):
        assert addresses_of(user_id) == [(email_of(user_id), True)]


@pytest.mark.parametrize("email", [LONG_S, DOTLESS, "Susi@example.com", "susi@m\u00fcller.example", "", "susi"])
def test_the_database_accepts_no_other_form(email: str, alice: User) -> None:
    with pytest.raises(IntegrityError, match="accounts_user_email_normal"):
        User.objects.filter(pk=alice.pk).update(email=email)
    with pytest.raises(IntegrityError, match="accounts_emailaddress_normal"):
        EmailAddress.objects.create(user=alice, email=email)
