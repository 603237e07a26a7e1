"""Headers that a request contains more than once."""

import json
from collections.abc import Sequence

import httpx2
import pytest

from accounts import api_keys
from accounts.models import ApiKey, User
from billing.models import LedgerEntry
from images.models import Image
from images.storage import files
from tests.api.program import PATH, Program, problem, status_and_code
from tests.factories import MODEL, finished_image

pytestmark = pytest.mark.django_db(transaction=True)

Lines = Sequence[tuple[str, str]]


def send(program: Program, method: str, path: str, lines: Lines, body: str = "") -> httpx2.Response:
    return httpx2.request(method, program.url + PATH + path, headers=list(lines), content=body)


def create(program: Program, lines: Lines) -> httpx2.Response:
    usual = [("Authorization", f"Bearer {program.key}"), ("Prefer", "respond-async")]
    missing = [line for line in usual if line[0] not in {name for name, _ in lines}]
    if "Content-Type" not in {name for name, _ in lines}:
        missing.append(("Content-Type", "application/json"))
    return send(program, "POST", "images", [*missing, *lines], json.dumps({"prompt": "a lake", "modelId": MODEL}))


def test_equal_idempotency_keys_count_once(program: Program) -> None:
    once, twice = [("Idempotency-Key", "once")], [("Idempotency-Key", "once"), ("idempotency-key", "once")]
    responses = [create(program, twice), create(program, once), create(program, twice)]
    assert [response.status_code for response in responses] == [202] * 3
    assert len({response.json()["id"] for response in responses}) == 1
    assert LedgerEntry.objects.filter(type="generation").count() == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Idempotency-Key", ["one", "two"]),
        ("Idempotency-Key", ["one", ""]),
        ("Content-Type", ["application/json", "text/plain"]),
    ],
)
def test_different_copies_are_rejected_and_nothing_is_charged(program: Program, name: str, values: list[str]) -> None:
    response = create(program, [(name, value) for value in values])
    assert status_and_code(response) == (422, "invalid_arguments")
    assert [error["field"] for error in problem(response)["errors"]] == [name]
    assert not Image.objects.exists()


def test_equal_content_types_count_once(program: Program) -> None:
    assert create(program, [("Content-Type", "application/json")] * 2).status_code == 202


def test_equal_keys_count_once(program: Program) -> None:
    assert create(program, [("Authorization", f"Bearer {program.key}")] * 2).status_code == 202


def test_different_keys_are_rejected_and_neither_is_used(program: Program, bob: User) -> None:
    keys = [program.key, api_keys.create(bob, name="Bob's")[1]]
    response = create(program, [("Authorization", f"Bearer {key}") for key in keys])
    assert status_and_code(response) == (422, "invalid_arguments")
    assert not Image.objects.exists()
    assert not ApiKey.objects.exclude(last_used_at=None).exists()
    assert all(key not in response.text for key in keys)


def test_repeated_preferences_are_one_list(program: Program) -> None:
    response = create(program, [("Prefer", "respond-async"), ("Prefer", "wait=1")])
    assert (response.status_code, response.headers["preference-applied"]) == (202, "respond-async, wait=1")


def test_forwarded_addresses_are_one_list(program: Program, settings: object) -> None:
    settings.TRUSTED_PROXIES = 1  # type: ignore[attr-defined]
    create(program, [("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "192.0.2.7")])
    assert ApiKey.objects.get().last_used_address == "192.0.2.7"


@pytest.mark.parametrize(
    ("ranges", "status", "part"),
    [(["bytes=0-9", "bytes=0-9"], 206, slice(10)), (["bytes=0-9", "bytes=10-19"], 200, slice(None))],
)
def test_equal_ranges_count_once_and_different_ones_are_ignored(
    program: Program, alice: User, ranges: list[str], status: int, part: slice
) -> None:
    image = finished_image(alice)
    lines = [("Authorization", f"Bearer {program.key}"), *(("Range", value) for value in ranges)]
    response = send(program, "GET", f"images/{image.id}/content", lines)
    assert (response.status_code, response.content) == (status, files.read(image.picture_name)[part])
