"""The migration that adds LedgerEntry.reason fills it in existing refunds and keeps the entries immutable."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection

from accounts.models import User
from billing.models import CreditAccount, LedgerEntry
from tests.database import migrate, run_sql

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("billing", "0008_one_look_at_commit")
AFTER = ("billing", "0010_fill_entry_reasons")
# Writes a charge of 5 credits and its refund, as the previous version did.
CHARGE_AND_REFUND = """
WITH account AS (
    UPDATE billing_creditaccount SET entry_count = entry_count + 2 WHERE id = %(account)s RETURNING *
)
INSERT INTO billing_ledgerentry (account_id, position, type, amount, balance_after, description, reference_id)
SELECT account.id, entry_count + step - 2, type, amount, balance + least(amount, 0), text, %(image)s
FROM account, (VALUES (1, 'generation', -5, 'Image'), (2, 'refund', 5, %(description)s)) AS v (step, type, amount, text)
"""


@pytest.fixture
def _previous_schema(alice: User) -> Iterator[None]:
    migrate(BEFORE)
    yield
    migrate()


def refund_before(user: User, description: str, image: str) -> None:
    account = CreditAccount.objects.only("pk").get(user=user)
    with connection.cursor() as cursor:
        cursor.execute(CHARGE_AND_REFUND, {"account": account.pk, "description": description, "image": image})


REFUNDS = {
    "Refund: provider_error": "provider_error",
    "Refund: cancelled": "cancelled",
    "Refund: staff": "staff",
    "Refund: staff, as agreed": "staff",
}


@pytest.mark.long
@pytest.mark.usefixtures("_previous_schema")
def test_existing_refunds_get_their_reasons_and_stay_immutable(alice: User) -> None:
    for number, description in enumerate(REFUNDS):
        refund_before(alice, description, f"00000000-0000-0000-0000-00000000000{number}")
    # The migration can be reversed and applied again.
    for target in (AFTER, BEFORE, AFTER):
        migrate(target)
    refunds = LedgerEntry.objects.filter(type="refund").order_by("position")
    assert dict(refunds.values_list("description", "reason")) == REFUNDS
    assert set(LedgerEntry.objects.exclude(type="refund").values_list("reason", flat=True)) == {""}
    with pytest.raises(IntegrityError, match="never changed"):
        run_sql("UPDATE billing_ledgerentry SET reason = 'staff' WHERE type = 'refund'")
