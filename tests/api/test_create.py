"""Creating an image over REST: waiting, the response, idempotency and failures."""

from typing import Any

import httpx2
import pytest

from accounts.models import User
from billing.models import LedgerEntry
from images.models import Image
from tests.api.program import Program, problem, status_and_code
from tests.concurrency import at_once
from tests.factories import MODEL, balance
from tests.images.providers.responses import status
from tests.images.providers.stand_in import ProviderStandIn
from tests.mcp_gateway.agent import Agent
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def idempotency_key(key: str = "once") -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_a_finished_image_is_201_with_every_field(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    response = program.create(aspectRatio="3:2", style="in ink")
    image = Image.objects.get()
    assert (response.status_code, response.headers["content-type"]) == (201, "application/json")
    assert response.headers["location"] == f"/api/v1/images/{image.id}"
    body = response.json()
    assert body.pop("createdAt").endswith("Z")
    assert body.pop("imageUrl").startswith(f"http://127.0.0.1:8000/i/{image.id}.")
    assert body == {
        "id": str(image.id),
        "status": "succeeded",
        "prompt": "a quiet lake",
        "modelId": MODEL,
        "providerId": "openai",
        "aspectRatio": "3:2",
        "style": "in ink",
        "thinkingLevel": None,
        "resolution": "1K",
        "quality": "medium",
        "background": "opaque",
        "width": 1536,
        "height": 1024,
        "contentCredentials": False,
        "sources": [],
        "mediaType": "image/png",
        "favourite": False,
        "creditCost": 5,
        "error": None,
        "credits": {"charged": 5, "remaining": 95},
    }


def test_the_link_in_the_response_works(program: Program, provider: ProviderStandIn, worker: WorkerThread) -> None:
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
def test_an_unfinished_image_is_202_with_location_and_applied_preference(
    program: Program, prefer: str, applied: str
) -> None:
    response = program.create(headers={"Prefer": prefer})
    assert (response.status_code, response.headers["preference-applied"]) == (202, applied)
    assert response.headers["location"] == f"/api/v1/images/{Image.objects.get().id}"
    body = response.json()
    assert (body["status"], body["mediaType"], body["imageUrl"]) == ("queued", None, None)
    assert body["credits"] == {"charged": 5, "remaining": 95}


def test_the_response_is_202_when_the_wait_is_over(program: Program) -> None:
    response = program.create(headers={"Prefer": "respond-async, wait=1"})
    assert (response.status_code, response.json()["status"]) == (202, "queued")


def test_a_wait_ends_when_the_image_is_finished(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
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
def test_an_invalid_preference_is_ignored(
    program: Program, provider: ProviderStandIn, worker: WorkerThread, prefer: str
) -> None:
    response = program.create(headers={"Prefer": prefer.encode("latin-1")})
    assert (response.status_code, "preference-applied" in response.headers) == (201, False)


def test_without_a_preference_none_is_applied(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    response = program.create()
    assert (response.status_code, "preference-applied" in response.headers) == (201, False)


def test_a_replay_returns_the_same_image_and_a_header(program: Program) -> None:
    first, second = program.queue(headers=idempotency_key()), program.queue(headers=idempotency_key())
    assert "idempotent-replayed" not in first.headers
    assert (second.status_code, second.headers["idempotent-replayed"]) == (202, "true")
    assert second.headers["location"] == first.headers["location"]
    assert second.json() == first.json()
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_a_replay_waits_for_the_image(program: Program, provider: ProviderStandIn, worker: WorkerThread) -> None:
    provider.hold()
    first = program.queue(headers=idempotency_key())
    provider.wait_for_requests(1)
    provider.release()
    second = program.create(headers=idempotency_key())
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json()["credits"] == {"charged": 5, "remaining": 95}


def test_simultaneous_equal_requests_create_one_image(program: Program) -> None:
    at_once(*[lambda: program.queue(headers=idempotency_key()).status_code == 202] * 4)
    assert Image.objects.count() == 1


def test_the_wait_and_defaults_are_not_part_of_the_request(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    first = program.create(headers=idempotency_key())
    second = program.queue(headers=idempotency_key(), thinkingLevel="default", aspectRatio="1:1", style="")
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])


def test_a_key_used_for_another_request_is_a_conflict(program: Program) -> None:
    program.queue(headers=idempotency_key())
    assert status_and_code(program.queue("another lake", headers=idempotency_key())) == (409, "idempotency_conflict")


def test_a_key_used_over_mcp_is_replayed_over_rest(program: Program) -> None:
    agent = Agent(program.url, program.key)
    first = agent.generate(waitSeconds=0, idempotencyKey="shared")["structuredContent"]
    second = program.queue(headers=idempotency_key("shared"))
    assert (second.json()["id"], second.headers["idempotent-replayed"]) == (first["id"], "true")


def test_a_key_used_over_rest_is_replayed_over_mcp(program: Program) -> None:
    first = program.queue(headers=idempotency_key("shared")).json()
    second = Agent(program.url, program.key).generate(waitSeconds=0, idempotencyKey="shared")
    assert second["structuredContent"]["id"] == first["id"]
    assert LedgerEntry.objects.filter(type="generation").count() == 1


def test_two_users_may_use_the_same_key(program: Program, bobs_program: Program) -> None:
    alices, bobs = program.queue(headers=idempotency_key()), bobs_program.queue(headers=idempotency_key())
    assert "idempotent-replayed" not in bobs.headers
    assert alices.json()["id"] != bobs.json()["id"]


@pytest.mark.parametrize(
    ("directive", "expected"),
    [("moderation", (422, "moderation_rejected")), ("fail", (502, "provider_error"))],
)
def test_a_failure_within_the_wait_is_a_problem_that_names_its_image(
    program: Program, alice: User, worker: WorkerThread, directive: str, expected: tuple[int, str]
) -> None:
    response = program.create(f"[sandbox:{directive}]")
    image = Image.objects.get()
    assert status_and_code(response) == expected
    assert problem(response)["instance"] == response.headers["location"] == f"/api/v1/images/{image.id}"
    assert problem(response)["detail"] == image.error_message
    assert balance(alice) == 100


def test_a_failed_image_is_replayed_as_failed(program: Program, alice: User, worker: WorkerThread) -> None:
    first, second = (program.create("[sandbox:fail]", headers=idempotency_key()) for _ in range(2))
    assert second.headers["idempotent-replayed"] == "true"
    assert problem(second) == problem(first)
    assert (Image.objects.count(), balance(alice)) == (1, 100)


def test_a_model_retired_by_its_provider_is_503_and_not_retryable(
    program: Program, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.respond_with(status(404))
    response = program.create()
    assert status_and_code(response) == (503, "model_unavailable")
    assert problem(response)["retryable"] is False


def test_null_is_the_same_as_an_omitted_field(program: Program) -> None:
    assert program.queue(style=None, thinkingLevel=None, aspectRatio=None).status_code == 202


def test_a_cancelled_image_is_replayed_as_cancelled(program: Program, alice: User) -> None:
    path = program.queue(headers=idempotency_key()).headers["location"].removeprefix("/api/v1/")
    program.post(f"{path}/cancel")
    response = program.queue(headers=idempotency_key())
    assert status_and_code(response) == (409, "cancelled")
    assert (problem(response)["instance"], balance(alice)) == (f"/api/v1/{path}", 100)


@pytest.mark.parametrize("field", ["Idempotency-Key", "idempotencyKey", "waitSeconds", "imageOutput", "id"])
def test_an_unknown_field_of_the_body_is_rejected(program: Program, field: str) -> None:
    fields: dict[str, Any] = {field: "x"}
    response = program.queue(**fields)
    assert status_and_code(response) == (422, "invalid_arguments")
    assert [error["field"] for error in problem(response)["errors"]] == [field]
    assert not Image.objects.exists()
