"""Image generation over MCP, with the sandbox and a real worker."""

import base64
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import jsonschema
import pytest

from accounts.models import User
from billing.models import CreditAccount, LedgerEntry
from images import generation
from images.models import Image
from images.storage import files
from mcp_gateway.tools.declarations import TOOLS
from tests.concurrency import eventually
from tests.factories import caller_of
from tests.mcp_gateway.agent import MODEL, Agent, code_of, messages, text_of, tool_call
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

OUTPUT_SCHEMA = TOOLS["getimages_generate_image"].declaration()["outputSchema"]


def picture_of(result: dict[str, Any]) -> tuple[str, bytes]:
    (block,) = (block for block in result["content"] if block["type"] == "image")
    return block["mimeType"], base64.b64decode(block["data"])


def has_picture(result: dict[str, Any]) -> bool:
    return any(block["type"] == "image" for block in result["content"])


def test_the_result_has_the_stored_bytes_the_charge_and_a_link(agent: Agent, worker: WorkerThread) -> None:
    result = agent.generate(aspectRatio="3:2", style="in ink")
    content = result["structuredContent"]
    jsonschema.validate(content, OUTPUT_SCHEMA)
    image = Image.objects.get()
    assert picture_of(result) == (image.media_type, files.read(image.picture_name))
    assert content["credits"] == {"charged": 5, "remaining": 95}
    assert content["id"] == str(image.id)
    assert (content["status"], content["aspectRatio"], content["style"]) == ("succeeded", "3:2", "in ink")
    assert (content["modelId"], content["providerId"], content["mediaType"]) == (MODEL, "openai", image.media_type)
    text = text_of(result)
    assert content["imageUrl"] in text
    assert "Charged 5 credits; your balance is 95." in text


def test_the_link_works_without_a_key(agent: Agent, worker: WorkerThread) -> None:
    result = agent.generate()
    path = "/i/" + result["structuredContent"]["imageUrl"].rpartition("/")[2]
    assert httpx2.get(agent.url + path).content == picture_of(result)[1]


def test_a_preview_is_the_thumbnail_and_media_type_that_of_the_picture(agent: Agent, worker: WorkerThread) -> None:
    result = agent.generate(imageOutput="preview")
    image = Image.objects.get()
    assert picture_of(result) == ("image/webp", files.read(image.thumbnail_name))
    assert result["structuredContent"]["mediaType"] == image.media_type != "image/webp"


def test_image_output_none_returns_no_picture(agent: Agent, worker: WorkerThread) -> None:
    result = agent.generate(imageOutput="none")
    assert not has_picture(result)
    assert result["structuredContent"]["imageUrl"]


def test_structured_content_has_no_bytes(agent: Agent, worker: WorkerThread) -> None:
    assert len(str(agent.generate()["structuredContent"])) < 1000


def test_without_a_wait_the_result_explains_how_to_fetch_the_image(agent: Agent) -> None:
    result = agent.generate(waitSeconds=0)
    content = result["structuredContent"]
    jsonschema.validate(content, OUTPUT_SCHEMA)
    assert (content["status"], content["mediaType"], content["imageUrl"]) == ("queued", None, None)
    assert content["credits"] == {"charged": 5, "remaining": 95}
    assert "getimages_get_image" in text_of(result)
    assert not has_picture(result)


def test_a_wait_that_ends_first_returns_the_current_status(agent: Agent, worker: WorkerThread) -> None:
    result = agent.generate("[sandbox:slow=600] a snail", waitSeconds=1)
    jsonschema.validate(result["structuredContent"], OUTPUT_SCHEMA)
    assert result["structuredContent"]["status"] in {"queued", "running"}
    # Otherwise the worker would not stop before the slow image is finished.
    drop_attempts(worker)


def drop_attempts(worker: WorkerThread) -> None:
    assert worker.loop is not None
    assert worker.worker is not None
    for task in list(worker.worker.generations):
        worker.loop.call_soon_threadsafe(task.cancel)


def test_an_image_without_a_wait_is_generated_and_can_be_fetched(agent: Agent, worker: WorkerThread) -> None:
    image_id = agent.generate(waitSeconds=0)["structuredContent"]["id"]
    result = agent.call("getimages_get_image", id=image_id, waitSeconds=60, includeBytes=True)
    assert result["structuredContent"]["image"]["status"] == "succeeded"
    assert picture_of(result)[1] == files.read(Image.objects.get().picture_name)


def test_a_client_that_disconnects_ends_only_its_wait(
    agent: Agent, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    message = tool_call("getimages_generate_image", {"prompt": "a lake", "modelId": MODEL}, progressToken="p")
    headers = {"Authorization": f"Bearer {agent.key}", "Accept": "application/json, text/event-stream"}
    with httpx2.stream("POST", f"{agent.url}/api/mcp", json=message, headers=headers) as response:
        first = next(line for line in response.iter_lines() if line.startswith("data: "))
    eventually(lambda: "getimages_generate_image: cut off" in caplog.text)
    assert str(Image.objects.get().id) in first
    request.getfixturevalue("worker")
    assert eventually(lambda: Image.objects.filter(status="succeeded").first())
    assert LedgerEntry.objects.filter(type="generation").count() == 1


@pytest.mark.parametrize(
    ("directive", "status", "code", "retryable"),
    [
        ("moderation", "rejected", "moderation_rejected", False),
        ("fail", "failed", "provider_error", True),
        ("garbage", "failed", "provider_error", True),
    ],
)
def test_a_failed_image_is_a_tool_error_and_is_refunded(
    agent: Agent, worker: WorkerThread, directive: str, status: str, code: str, retryable: bool
) -> None:
    result = agent.generate(f"[sandbox:{directive}] a lake")
    image = Image.objects.get()
    assert (code_of(result), image.status) == (code, status)
    assert result["_meta"]["getimages/error"] == {"code": code, "message": image.error_message, "retryable": retryable}
    assert CreditAccount.objects.get(user=image.user).balance == 100


def test_a_provider_that_fails_once_is_called_again(agent: Agent, worker: WorkerThread) -> None:
    assert agent.generate("[sandbox:flaky] a lake")["structuredContent"]["status"] == "succeeded"


def test_cancelling_an_image_ends_the_call(agent: Agent, alice: User) -> None:
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(agent.generate)
        image = eventually(Image.objects.first)
        generation.cancel(caller_of(alice), image.id)
        assert code_of(call.result()) == "cancelled"


def test_an_image_past_its_deadline_is_timed_out(agent: Agent, alice: User) -> None:
    image_id = agent.generate(waitSeconds=0, idempotencyKey="k")["structuredContent"]["id"]
    Image.objects.filter(pk=image_id).update(
        status="failed", finished_at="2026-01-01T00:00Z", error_code="timed_out", error_message="It took too long."
    )
    result = agent.generate(idempotencyKey="k")
    assert result["_meta"]["getimages/error"] == {
        "code": "timed_out", "message": "It took too long.", "retryable": True,
    }  # fmt: skip


def test_a_repeated_request_returns_the_same_image_and_charges_once(agent: Agent, worker: WorkerThread) -> None:
    first = agent.generate(idempotencyKey="once")
    again = agent.generate(idempotencyKey="once", imageOutput="none", waitSeconds=0)
    assert again["structuredContent"]["id"] == first["structuredContent"]["id"]
    assert again["structuredContent"]["credits"] == {"charged": 5, "remaining": 95}
    assert "not charged again" in text_of(again)
    assert Image.objects.count() == 1


def test_two_simultaneous_equal_requests_create_one_image(agent: Agent, worker: WorkerThread) -> None:
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda _: agent.generate(idempotencyKey="once"), range(2)))
    assert results[0]["structuredContent"]["id"] == results[1]["structuredContent"]["id"]
    assert CreditAccount.objects.get(user__email="alice@example.com").balance == 95


def test_an_unreadable_picture_still_returns_structured_content(agent: Agent, worker: WorkerThread) -> None:
    agent.generate(idempotencyKey="once")
    files.backend().delete(Image.objects.get().picture_name)
    result = agent.generate(idempotencyKey="once")
    assert result["structuredContent"]["status"] == "succeeded"
    assert not has_picture(result)


def test_a_2026_client_receives_the_same_result(agent: Agent, worker: WorkerThread) -> None:
    arguments = {"prompt": "a lake", "modelId": MODEL}
    result = messages(agent.send_modern(tool_call("getimages_generate_image", arguments)))[-1]["result"]
    assert picture_of(result)[1] == files.read(Image.objects.get().picture_name)


def test_two_users_may_use_the_same_idempotency_key(agent: Agent, bobs_agent: Agent) -> None:
    ids = {
        user_agent.generate(idempotencyKey="k", waitSeconds=0)["structuredContent"]["id"]
        for user_agent in (agent, bobs_agent)
    }
    assert len(ids) == 2


def test_another_users_image_is_not_found(agent: Agent, bobs_agent: Agent) -> None:
    image_id = agent.generate(waitSeconds=0)["structuredContent"]["id"]
    unknown = bobs_agent.call("getimages_get_image", id=str(uuid.uuid4()))
    foreign = bobs_agent.call("getimages_get_image", id=image_id, waitSeconds=60, includeBytes=True)
    assert code_of(foreign) == code_of(unknown) == "image_not_found"
    assert foreign["content"] == unknown["content"]
