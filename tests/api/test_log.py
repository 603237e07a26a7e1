"""What the log keeps of a call: who asked for what, and nothing that was said."""

import pytest

from accounts.models import ApiKey, User
from tests.api.program import Program

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_call_is_one_line_with_ids_and_without_its_address(
    program: Program, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    program.queue("a secret wish")
    program.get("images/a-secret-wish?secret=wish")
    program.get("a-secret-wish")
    program.queue("a secret wish", seed=1)
    # What the server, the pools and the client of this test write about themselves is not of these calls.
    others = ("uvicorn", "httpx", "httpcore", "psycopg")
    lines = [record for record in caplog.records if not record.name.startswith(others)]
    said = [record.getMessage() for record in lines]
    assert [line.partition(" in ")[0] for line in said] == [
        "POST api-images: 202",
        "GET api-image: 422",
        "GET api-nothing: 404",
        "POST api-images: 422",
    ]
    ids = {"user": str(alice.id), "key": str(ApiKey.objects.get().id)}
    assert all({name: record.__dict__[name] for name in ids} == ids for record in lines)
    assert not [line for line in said if "wish" in line or program.key in line]
