"""The request log has ids and routes, and no prompts or paths."""

import pytest

from accounts.models import ApiKey, User
from tests.api.program import Program

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_request_is_one_line_with_ids_and_without_its_path(
    program: Program, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    program.queue("a secret prompt")
    program.get("images/a-secret-prompt?secret=prompt")
    program.get("a-secret-prompt")
    program.queue("a secret prompt", seed=1)
    # Other loggers in this process: the server, the connection pools and the test's own client.
    other_loggers = ("uvicorn", "httpx", "httpcore", "psycopg")
    lines = [record for record in caplog.records if not record.name.startswith(other_loggers)]
    messages = [record.getMessage() for record in lines]
    assert [line.partition(" in ")[0] for line in messages] == [
        "POST api-images: 202",
        "GET api-image: 422",
        "GET api-nothing: 404",
        "POST api-images: 422",
    ]
    ids = {"user": str(alice.id), "key": str(ApiKey.objects.get().id)}
    assert all({name: record.__dict__[name] for name in ids} == ids for record in lines)
    assert not [line for line in messages if "prompt" in line or program.key in line]
