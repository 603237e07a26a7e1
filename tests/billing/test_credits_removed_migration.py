"""The migration that adds Purchase.credits_removed fills it in purchases whose payment was returned before."""

from collections.abc import Iterator

import pytest
from django.db import connection

from accounts.models import User
from billing import ledger
from billing.models import Purchase
from tests.billing.payments.steps import spend
from tests.database import migrate
from tests.factories import paid_purchase

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("billing", "0013_plain_purchase_names")
AFTER = ("billing", "0014_credits_removed")


@pytest.fixture
def _migrated_afterwards(db: None) -> Iterator[None]:
    yield
    migrate()


@pytest.mark.long
@pytest.mark.usefixtures("_migrated_afterwards")
def test_returned_purchases_are_filled_from_their_entries(alice: User, bob: User) -> None:
    returned = paid_purchase(alice)
    spend(alice, 590)
    ledger.claw_back(returned.account_id, credits=500, purchase_id=returned.pk)
    Purchase.objects.filter(pk=returned.pk).update(refunded_cents=2000, credits_clawed_back=500)
    kept = paid_purchase(bob)
    for target in (BEFORE, AFTER, BEFORE, AFTER):
        migrate(target)
    filled = {purchase.pk: purchase.credits_removed for purchase in Purchase.objects.all()}
    assert filled == {returned.pk: 10, kept.pk: 0}


@pytest.mark.usefixtures("_migrated_afterwards")
def test_the_previous_release_can_add_purchases(alice: User) -> None:
    purchase = paid_purchase(alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT column_default FROM information_schema.columns WHERE column_name = 'credits_removed'")
        assert cursor.fetchone() == ("0",)
    assert purchase.credits_removed == 0
