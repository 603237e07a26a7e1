"""Staff lists find the rows of a user by every spelling of the email address."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from billing.models import LedgerEntry
from images.models import Image
from tests.factories import finished_image

pytestmark = pytest.mark.django_db


def owner(row: User | LedgerEntry | Image) -> User | None:
    if isinstance(row, User):
        return row
    return row.account.user if isinstance(row, LedgerEntry) else row.user


@pytest.mark.parametrize("spelling", ["Alice@Example.COM", "alice@\uff45xample.com", "alice@example\u3002com"])
@pytest.mark.parametrize("page", ["accounts/user", "billing/ledgerentry", "images/image"])
def test_rows_are_found(staff: Callable[[str], Client], alice: User, bob: User, page: str, spelling: str) -> None:
    finished_image(alice)
    rows = staff("support").get(f"/admin/{page}/", {"q": spelling}).context["cl"].result_list
    assert {owner(row) for row in rows} == {alice}
