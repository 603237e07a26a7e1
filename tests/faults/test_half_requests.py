"""A request for an image writes a charge, a row and a job: all of them or none."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError
from procrastinate.exceptions import ConnectorException

from accounts.models import User
from billing.models import LedgerEntry
from images.models import Image
from tests.factories import balance
from tests.faults.steps import execute, request_image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

JOBS = "SELECT count(*) FROM procrastinate_jobs"


@pytest.fixture(params=["billing_ledgerentry", "images_image", "procrastinate_jobs"])
def read_only_table(alice: User, request: pytest.FixtureRequest) -> Iterator[None]:
    """PostgreSQL rejects every new row of one table, after Alice received her credits."""
    execute(f"ALTER TABLE {request.param} ADD CONSTRAINT read_only CHECK (FALSE) NOT VALID")
    yield
    execute(f"ALTER TABLE {request.param} DROP CONSTRAINT read_only")


@pytest.mark.usefixtures("read_only_table")
def test_a_request_that_fails_halfway_leaves_nothing(alice: User) -> None:
    jobs = execute(JOBS)
    with pytest.raises((DatabaseError, ConnectorException)):
        request_image(alice)
    assert (balance(alice), Image.objects.count(), execute(JOBS)) == (100, 0, jobs)
    assert not LedgerEntry.objects.filter(type="generation").exists()
