"""Asking for a picture over REST: how long the answer takes, what it holds, and asking again."""

from typing import Any

import httpx2
import pytest

from accounts.models import User
from billing.models import LedgerEntry
from images.models import Image
from tests.api.program import Program, problem, refusal
from tests.concurrency import at_once
from tests.factories import MODEL, balance
from tests.images.providers.responses import status
from tests.images.providers.stand_in import ProviderStandIn
from tests.mcp_gateway.agent import Agent
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def once(key: str = "once") -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_a_finished_image_is_201_with_all_its_facts(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    response = program.create(aspectRatio="3:2", style="in ink")
    image = Image.objects.get()
    assert (response.status_code, response.headers["content-type"]) == (201, "application/json")
    assert response.headers["location"] == f"/api/v1/images/{image.id}"
    facts = response.json()
    assert facts.pop("createdAt").endswith("Z")
    assert facts.pop("imageUrl").startswith(f"http://127.0.0.1:8000/i/{image.id}.")
    assert facts == {
        "id": str(image.id),
        "status": "succeeded",
        "prompt": "a quiet lake",
        "modelId": MODEL,
        "providerId": "openai",
        "aspectRatio": "3:2",
        "style": "in ink",
        "thinkingLevel": None,
        "mediaType": "image/png",
        "creditCost": 5,
        "error": None,
        "credits": {"charged": 5, "remaining": 95},
    }


def test_the_link_in_the_answer_opens_the_picture(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    path = "/i/" + program.create().json()["imageUrl"].rpartition("/")[2]
    response = httpx2.get(program.url + path)
    assert (response.status_code, len(response.content)) == (200, Image.objects.get().byte_size)


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("respond-async", "respond-async"),
        ("wait=0", "wait=0"),
        ("Wait=0", "wait=0"),
        ('wait="0"', "wait=0"),
        ("wait = 0", "wait=0"),
        ("handling=strict, wait=0", "wait=0"),
        ("respond-async, wait=0", "respond-async, wait=0"),
        ("wait=0, wait=60", "wait=0"),
        ("wait=0; but=soon", "wait=0"),
    ],
)
def test_an_unfinished_image_is_202_with_its_place_and_what_was_preferred(
    program: Program, prefer: str, applied: str
) -> None:
    response = program.create(headers={"Prefer": prefer})
    assert (response.status_code, response.headers["preference-applied"]) == (202, applied)
    assert response.headers["location"] == f"/api/v1/images/{Image.objects.get().id}"
    facts = response.json()
    assert (facts["status"], facts["mediaType"], facts["imageUrl"]) == ("queued", None, None)
    assert facts["credits"] == {"charged": 5, "remaining": 95}


def test_an_answer_is_202_when_the_wait_is_over(program: Program) -> None:
    response = program.create(headers={"Prefer": "respond-async, wait=1"})
    assert (response.status_code, response.json()["status"]) == (202, "queued")


def test_a_wait_of_n_ends_with_the_image(program: Program, provider: ProviderStandIn, worker: WorkerThread) -> None:
    response = program.create(headers={"Prefer": "wait=50"})
    assert (response.status_code, response.headers["preference-applied"]) == (201, "wait=50")


@pytest.mark.parametrize("seconds", ["781", "999999999"])
def test_a_wait_is_at_most_780_seconds(
    program: Program, provider: ProviderStandIn, worker: WorkerThread, seconds: str
) -> None:
    response = program.create(headers={"Prefer": f"wait={seconds}"})
    assert (response.status_code, response.headers["preference-applied"]) == (201, "wait=780")


@pytest.mark.parametrize(
    "prefer", ["wait", "wait=", "wait=-1", "wait=1.5", "wait=soon", "wait=\xb2", "wait=" + "9" * 10, ";;,=", ""]
)
def test_a_preference_that_cannot_be_read_is_ignored(
    program: Program, provider: ProviderStandIn, worker: WorkerThread, prefer: str
) -> None:
    response = program.create(headers={"Prefer": prefer.encode("latin-1")})
    assert (response.status_code, "preference-applied" in response.headers) == (201, False)


def test_without_a_preference_none_is_said_to_be_applied(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    response = program.create()
    assert (response.status_code, "preference-applied" in response.headers) == (201, False)


def test_a_repetition_is_the_same_image_and_says_so(program: Program) -> None:
    first, second = program.queue(headers=once()), program.queue(headers=once())
    assert "idempotent-replayed" not in first.headers
    assert (second.status_code, second.headers["idempotent-replayed"]) == (202, "true")
    assert second.headers["location"] == first.headers["location"]
    assert second.json() == first.json()
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_a_repetition_waits_for_the_image_of_the_first(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.hold()
    first = program.queue(headers=once())
    provider.wait_for_requests(1)
    provider.release()
    second = program.create(headers=once())
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json()["credits"] == {"charged": 5, "remaining": 95}


def test_two_that_arrive_at_once_are_one_image(program: Program) -> None:
    at_once(*[lambda: program.queue(headers=once()).status_code == 202] * 4)
    assert Image.objects.count() == 1


def test_how_the_answer_is_wanted_is_no_part_of_the_request(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    first = program.create(headers=once())
    second = program.queue(headers=once(), thinkingLevel="default", aspectRatio="1:1", style="")
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])


def test_a_key_that_was_used_for_another_request_is_a_conflict(program: Program) -> None:
    program.queue(headers=once())
    assert refusal(program.queue("another lake", headers=once())) == (409, "idempotency_conflict")


def test_a_key_used_over_mcp_is_known_over_rest(program: Program) -> None:
    agent = Agent(program.url, program.key)
    first = agent.generate(waitSeconds=0, idempotencyKey="shared")["structuredContent"]
    second = program.queue(headers=once("shared"))
    assert (second.json()["id"], second.headers["idempotent-replayed"]) == (first["id"], "true")


def test_a_key_used_over_rest_is_known_over_mcp(program: Program) -> None:
    first = program.queue(headers=once("shared")).json()
    second = Agent(program.url, program.key).generate(waitSeconds=0, idempotencyKey="shared")
    assert second["structuredContent"]["id"] == first["id"]
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_keys_of_two_users_are_two_keys(program: Program, bobs_program: Program) -> None:
    mine, his = program.queue(headers=once()), bobs_program.queue(headers=once())
    assert "idempotent-replayed" not in his.headers
    assert mine.json()["id"] != his.json()["id"]


@pytest.mark.parametrize(
    ("directive", "answer"),
    [("moderation", (422, "moderation_rejected")), ("fail", (502, "provider_error"))],
)
def test_a_failure_within_the_wait_is_a_problem_that_names_its_image(
    program: Program, alice: User, worker: WorkerThread, directive: str, answer: tuple[int, str]
) -> None:
    response = program.create(f"[sandbox:{directive}]")
    image = Image.objects.get()
    assert refusal(response) == answer
    assert problem(response)["instance"] == response.headers["location"] == f"/api/v1/images/{image.id}"
    assert problem(response)["detail"] == image.error_message
    assert balance(alice) == 100


def test_a_failed_image_is_replayed_as_failed(program: Program, alice: User, worker: WorkerThread) -> None:
    first, second = (program.create("[sandbox:fail]", headers=once()) for _ in range(2))
    assert second.headers["idempotent-replayed"] == "true"
    assert problem(second) == problem(first)
    assert (Image.objects.count(), balance(alice)) == (1, 100)


def test_a_model_that_its_provider_no_longer_offers_is_503_without_a_time_to_come_back(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.respond_with(status(404))
    response = program.create()
    assert refusal(response) == (503, "model_unavailable")
    assert problem(response)["retryable"] is False


def test_null_is_the_same_as_leaving_a_field_out(program: Program) -> None:
    assert program.queue(style=None, thinkingLevel=None, aspectRatio=None).status_code == 202


def test_a_cancelled_image_is_replayed_as_cancelled(program: Program, alice: User) -> None:
    path = program.queue(headers=once()).headers["location"].removeprefix("/api/v1/")
    program.post(f"{path}/cancel")
    response = program.queue(headers=once())
    assert refusal(response) == (409, "cancelled")
    assert (problem(response)["instance"], balance(alice)) == (f"/api/v1/{path}", 100)


@pytest.mark.parametrize("field", ["Idempotency-Key", "idempotencyKey", "waitSeconds", "imageOutput", "id"])
def test_what_is_no_field_of_the_body_is_refused(program: Program, field: str) -> None:
    fields: dict[str, Any] = {field: "x"}
    response = program.queue(**fields)
    assert refusal(response) == (422, "invalid_arguments")
    assert [wrong["field"] for wrong in problem(response)["errors"]] == [field]
    assert not Image.objects.exists()
