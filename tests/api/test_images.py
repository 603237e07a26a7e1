"""Listing, fetching, cancelling and deleting images over REST, only by their owner."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from billing.models import CreditAccount
from images.models import Image
from images.worker import attempts
from tests.api.program import Program, problem, status_and_code
from tests.factories import finished_image, queued_image
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def ids(program: Program, **query: Any) -> list[str]:
    return [image["id"] for image in program.get("images", params=query).json()["images"]]


def test_a_listed_image_has_the_fields_of_a_single_one(program: Program, alice: User) -> None:
    image = finished_image(alice)
    queued_image(alice)
    response = program.get("images")
    assert response.status_code == 200
    body = response.json()
    assert {name: body[name] for name in ("total", "limit", "offset")} == {"total": 1, "limit": 20, "offset": 0}
    single = program.get(f"images/{image.id}").json()
    (listed,) = body["images"]
    # The signature of a link depends on the time.
    assert listed.pop("imageUrl").partition(".")[0] == single.pop("imageUrl").partition(".")[0]
    assert listed == single


def test_pages_are_newest_first_and_complete(program: Program, alice: User) -> None:
    created = [str(queued_image(alice, f"number {number}").id) for number in range(5)]
    pages = [ids(program, status="all", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [image for page in pages for image in page] == created[::-1]


@pytest.mark.parametrize(("status", "expected"), [("all", 2), ("queued", 1), ("succeeded", 1), ("failed", 0)])
def test_the_list_can_be_filtered_by_status(program: Program, alice: User, status: str, expected: int) -> None:
    finished_image(alice)
    queued_image(alice)
    assert len(ids(program, status=status)) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("limit=5&limit=6", "limit"),
        ("offset=-1", "offset"),
        ("offset=1e3", "offset"),
        (f"offset={10**30}", "offset"),
        ("status=done", "status"),
        ("sort=asc", "sort"),
    ],
)
def test_an_invalid_query_parameter_is_named(program: Program, query: str, field: str) -> None:
    response = program.get(f"images?{query}")
    assert status_and_code(response) == (422, "invalid_arguments")
    assert [error["field"] for error in problem(response)["errors"]] == [field]


def test_an_image_is_found_by_its_id_in_either_case(program: Program, alice: User) -> None:
    image = queued_image(alice)
    for spelling in (str(image.id), str(image.id).upper()):
        assert program.get(f"images/{spelling}").json()["id"] == str(image.id)


@pytest.mark.parametrize("spelling", ["nonsense", "{}", "..%2f..", "0" * 32, "%00", "%F0%9F%90%B6", "a%0Ab"])
def test_an_invalid_id_is_rejected(program: Program, spelling: str) -> None:
    response = program.get(f"images/{spelling}")
    assert status_and_code(response) in {(422, "invalid_arguments"), (404, "not_found")}


def test_an_id_that_is_not_a_uuid_is_an_invalid_field(program: Program) -> None:
    (error,) = problem(program.get("images/nonsense"))["errors"]
    assert error == {
        "field": "id",
        "detail": "Not a UUID. The image's ID, a UUID, for example 6a1f0c9e-2f55-4c0b-b3a8-5d1f5a4c9e02.",
    }


def test_a_failed_image_has_its_error(program: Program, worker: WorkerThread) -> None:
    path = program.create("[sandbox:fail]").headers["location"].removeprefix("/api/v1/")
    body = program.get(path).json()
    assert (body["status"], body["imageUrl"], body["mediaType"]) == ("failed", None, None)
    assert body["error"]["code"] == "provider_error"
    assert body["credits"] == {"charged": 5, "remaining": 100}


def test_fetching_does_not_wait_by_default(program: Program, alice: User) -> None:
    response = program.get(f"images/{queued_image(alice).id}")
    assert (response.status_code, response.json()["status"]) == (200, "queued")


def test_fetching_waits_with_prefer_wait(
    program: Program, alice: User, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    response = program.get(f"images/{queued_image(alice).id}", headers={"Prefer": "wait=50"})
    assert (response.json()["status"], response.headers["preference-applied"]) == ("succeeded", "wait=50")


def test_a_wait_for_an_unfinished_image_returns_its_status(program: Program, alice: User) -> None:
    response = program.get(f"images/{queued_image(alice).id}", headers={"Prefer": "wait=1"})
    assert (response.status_code, response.json()["status"]) == (200, "queued")


def test_a_queued_image_is_cancelled_and_refunded(program: Program, alice: User) -> None:
    image = queued_image(alice)
    response = program.post(f"images/{image.id}/cancel")
    body = response.json()
    assert (response.status_code, body["id"], body["status"]) == (200, str(image.id), "cancelled")
    assert body["credits"] == {"charged": 5, "remaining": 100}


def test_an_image_is_cancelled_once(program: Program, alice: User) -> None:
    path = f"images/{queued_image(alice).id}/cancel"
    program.post(path)
    assert status_and_code(program.post(path)) == (409, "not_cancellable")
    assert CreditAccount.objects.get(user=alice).balance == 100


def test_a_running_or_finished_image_is_not_cancelled(program: Program, alice: User) -> None:
    running = queued_image(alice)
    attempts.claim(running.id)
    for image in (running, finished_image(alice)):
        assert status_and_code(program.post(f"images/{image.id}/cancel")) == (409, "not_cancellable")


def test_a_deleted_image_is_gone_everywhere(program: Program, alice: User, settings: Any) -> None:
    image = finished_image(alice)
    response = program.delete(f"images/{image.id}")
    assert (response.status_code, response.content, "content-type" in response.headers) == (204, b"", False)
    assert status_and_code(program.get(f"images/{image.id}")) == (404, "image_not_found")
    assert status_and_code(program.delete(f"images/{image.id}")) == (404, "image_not_found")
    assert ids(program, status="all") == []
    assert Image.objects.get().prompt == ""


def test_deleting_keeps_the_ledger(program: Program, alice: User) -> None:
    image = finished_image(alice)
    program.delete(f"images/{image.id}")
    assert program.get("usage").json()["transactions"][0]["referenceId"] == str(image.id)


def test_an_unfinished_image_is_not_deleted(program: Program, alice: User) -> None:
    image = queued_image(alice)
    assert status_and_code(program.delete(f"images/{image.id}")) == (409, "not_ready")
    assert program.get(f"images/{image.id}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "images/{}"), ("DELETE", "images/{}"), ("POST", "images/{}/cancel"), ("GET", "images/{}/content")],
)
def test_another_users_image_is_not_found(program: Program, bob: User, method: str, path: str) -> None:
    bobs, unknown = finished_image(bob), uuid.uuid4()
    responses = [program.request(method, path.format(image)) for image in (bobs.id, unknown)]
    assert [status_and_code(response) for response in responses] == [(404, "image_not_found")] * 2
    assert problem(responses[0]) == problem(responses[1])
    assert Image.objects.get().status == "succeeded"


def test_another_users_queued_image_is_not_cancelled(program: Program, bob: User) -> None:
    image = queued_image(bob)
    assert status_and_code(program.post(f"images/{image.id}/cancel")) == (404, "image_not_found")
    assert Image.objects.get().status == "queued"


def test_the_list_has_no_images_of_other_users(program: Program, bob: User) -> None:
    finished_image(bob)
    body = program.get("images", params={"status": "all"}).json()
    assert (body["images"], body["total"]) == ([], 0)


@pytest.mark.parametrize("path", ["images/{}?verbose=1", "images/{}?id=another", "images/{}/content?width=1"])
def test_an_unknown_query_parameter_is_rejected(program: Program, alice: User, path: str) -> None:
    assert status_and_code(program.get(path.format(finished_image(alice).id))) == (422, "invalid_arguments")
