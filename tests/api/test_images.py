"""Images over REST: listed, fetched, cancelled and deleted, by their owner alone."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from billing.models import CreditAccount
from images.models import Image
from images.worker import attempts
from tests.api.program import Program, problem, refusal
from tests.factories import finished_image, queued_image
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def ids(program: Program, **query: Any) -> list[str]:
    return [image["id"] for image in program.get("images", params=query).json()["images"]]


def test_the_list_shows_finished_images_as_they_are_shown_alone(program: Program, alice: User) -> None:
    image = finished_image(alice)
    queued_image(alice)
    response = program.get("images")
    assert response.status_code == 200
    facts = response.json()
    assert {name: facts[name] for name in ("total", "limit", "offset")} == {"total": 1, "limit": 20, "offset": 0}
    alone = program.get(f"images/{image.id}").json()
    (listed,) = facts["images"]
    # The signature of a link tells when it was made.
    assert listed.pop("imageUrl").partition(".")[0] == alone.pop("imageUrl").partition(".")[0]
    assert listed == alone


def test_pages_go_from_the_newest_to_the_oldest_and_leave_none_out(program: Program, alice: User) -> None:
    made = [str(queued_image(alice, f"number {number}").id) for number in range(5)]
    pages = [ids(program, status="all", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert [image for page in pages for image in page] == made[::-1]


@pytest.mark.parametrize(("status", "expected"), [("all", 2), ("queued", 1), ("succeeded", 1), ("failed", 0)])
def test_the_list_can_be_of_one_state(program: Program, alice: User, status: str, expected: int) -> None:
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
def test_a_wrong_field_of_the_query_string_is_named(program: Program, query: str, field: str) -> None:
    response = program.get(f"images?{query}")
    assert refusal(response) == (422, "invalid_arguments")
    assert [wrong["field"] for wrong in problem(response)["errors"]] == [field]


def test_an_image_is_found_by_its_id_in_either_case(program: Program, alice: User) -> None:
    image = queued_image(alice)
    for spelling in (str(image.id), str(image.id).upper()):
        assert program.get(f"images/{spelling}").json()["id"] == str(image.id)


@pytest.mark.parametrize("spelling", ["nonsense", "{}", "..%2f..", "0" * 32, "%00", "%F0%9F%90%B6", "a%0Ab"])
def test_an_id_that_is_none_is_named(program: Program, spelling: str) -> None:
    response = program.get(f"images/{spelling}")
    assert refusal(response) in {(422, "invalid_arguments"), (404, "not_found")}


def test_an_id_that_is_no_uuid_is_a_wrong_field(program: Program) -> None:
    (wrong,) = problem(program.get("images/nonsense"))["errors"]
    assert wrong == {"field": "id", "detail": "this is no UUID. The image's id, a UUID."}


def test_a_failed_image_is_shown_with_its_error(program: Program, worker: WorkerThread) -> None:
    path = program.create("[sandbox:fail]").headers["location"].removeprefix("/api/v1/")
    facts = program.get(path).json()
    assert (facts["status"], facts["imageUrl"], facts["mediaType"]) == ("failed", None, None)
    assert facts["error"]["code"] == "provider_error"
    assert facts["credits"] == {"charged": 5, "remaining": 100}


def test_fetching_does_not_wait_by_itself(program: Program, alice: User) -> None:
    response = program.get(f"images/{queued_image(alice).id}")
    assert (response.status_code, response.json()["status"]) == (200, "queued")


def test_fetching_waits_as_long_as_is_preferred(
    program: Program, alice: User, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    response = program.get(f"images/{queued_image(alice).id}", headers={"Prefer": "wait=50"})
    assert (response.json()["status"], response.headers["preference-applied"]) == ("succeeded", "wait=50")


def test_a_wait_for_one_that_stays_unfinished_ends_with_its_state(program: Program, alice: User) -> None:
    response = program.get(f"images/{queued_image(alice).id}", headers={"Prefer": "wait=1"})
    assert (response.status_code, response.json()["status"]) == (200, "queued")


def test_a_queued_image_is_cancelled_and_its_credits_come_back(program: Program, alice: User) -> None:
    image = queued_image(alice)
    response = program.post(f"images/{image.id}/cancel")
    facts = response.json()
    assert (response.status_code, facts["id"], facts["status"]) == (200, str(image.id), "cancelled")
    assert facts["credits"] == {"charged": 5, "remaining": 100}


def test_an_image_is_cancelled_once(program: Program, alice: User) -> None:
    path = f"images/{queued_image(alice).id}/cancel"
    program.post(path)
    assert refusal(program.post(path)) == (409, "not_cancellable")
    assert CreditAccount.objects.get(user=alice).balance == 100


def test_an_image_that_is_being_made_or_is_made_is_not_cancelled(program: Program, alice: User) -> None:
    running = queued_image(alice)
    attempts.claim(running.id)
    for image in (running, finished_image(alice)):
        assert refusal(program.post(f"images/{image.id}/cancel")) == (409, "not_cancellable")


def test_deleting_removes_an_image_from_everywhere(program: Program, alice: User, settings: Any) -> None:
    image = finished_image(alice)
    response = program.delete(f"images/{image.id}")
    assert (response.status_code, response.content, "content-type" in response.headers) == (204, b"", False)
    assert refusal(program.get(f"images/{image.id}")) == (404, "image_not_found")
    assert refusal(program.delete(f"images/{image.id}")) == (404, "image_not_found")
    assert ids(program, status="all") == []
    assert Image.objects.get().prompt == ""


def test_deleting_keeps_the_ledger(program: Program, alice: User) -> None:
    image = finished_image(alice)
    program.delete(f"images/{image.id}")
    assert program.get("usage").json()["transactions"][0]["referenceId"] == str(image.id)


def test_an_unfinished_image_is_not_deleted(program: Program, alice: User) -> None:
    image = queued_image(alice)
    assert refusal(program.delete(f"images/{image.id}")) == (409, "not_ready")
    assert program.get(f"images/{image.id}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "images/{}"), ("DELETE", "images/{}"), ("POST", "images/{}/cancel"), ("GET", "images/{}/content")],
)
def test_somebody_elses_image_is_no_image(program: Program, bob: User, method: str, path: str) -> None:
    theirs, nobodys = finished_image(bob), uuid.uuid4()
    answers = [program.request(method, path.format(image)) for image in (theirs.id, nobodys)]
    assert [refusal(answer) for answer in answers] == [(404, "image_not_found")] * 2
    assert problem(answers[0]) == problem(answers[1])
    assert Image.objects.get().status == "succeeded"


def test_somebody_elses_queued_image_is_not_cancelled(program: Program, bob: User) -> None:
    image = queued_image(bob)
    assert refusal(program.post(f"images/{image.id}/cancel")) == (404, "image_not_found")
    assert Image.objects.get().status == "queued"


def test_the_list_holds_nobody_elses_images(program: Program, bob: User) -> None:
    finished_image(bob)
    facts = program.get("images", params={"status": "all"}).json()
    assert (facts["images"], facts["total"]) == ([], 0)


@pytest.mark.parametrize("path", ["images/{}?verbose=1", "images/{}?id=another", "images/{}/content?width=1"])
def test_a_field_that_a_call_does_not_take_is_refused(program: Program, alice: User, path: str) -> None:
    assert refusal(program.get(path.format(finished_image(alice).id))) == (422, "invalid_arguments")
