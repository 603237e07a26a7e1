"""Progress notifications and keep-alives while a client waits."""

import asyncio
import itertools
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from accounts.models import User
from config.asgi import application
from images import generation
from images.models import Image
from mcp_gateway.tools import image_tools
from mcp_gateway.transport import dispatch
from tests.concurrency import eventually, run
from tests.factories import caller_of
from tests.mcp_gateway.agent import MODEL, Agent, code_of, messages, tool_call

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten both intervals to 50 ms. No worker runs, so every wait lasts its full second."""
    monkeypatch.setattr(image_tools, "PROGRESS_SECONDS", 0.05)
    monkeypatch.setattr(dispatch, "KEEP_ALIVE_SECONDS", 0.05)


def wait(seconds: int = 1, **meta: Any) -> dict[str, Any]:
    return tool_call("getimages_generate_image", {"prompt": "a lake", "modelId": MODEL, "waitSeconds": seconds}, **meta)


def comment_count(text: str) -> int:
    return len(re.findall(r"^:", text, re.MULTILINE))


def test_the_intervals_are_short_enough_for_every_client() -> None:
    assert image_tools.PROGRESS_SECONDS <= 10
    assert dispatch.KEEP_ALIVE_SECONDS <= 15


@pytest.mark.parametrize("token", ["a token", 0])
def test_progress_is_sent_for_a_progress_token(agent: Agent, short_intervals: None, token: Any) -> None:
    response = agent.send(wait(progressToken=token))
    *notifications, message = messages(response)
    values = [notification["params"]["progress"] for notification in notifications]
    assert len(notifications) >= 3
    assert all(a < b for a, b in itertools.pairwise(values))
    for notification in notifications:
        assert (notification["method"], notification["params"]["progressToken"]) == ("notifications/progress", token)
        assert str(Image.objects.get().id) in notification["params"]["message"]
    assert message["result"]["structuredContent"]["status"] == "queued"


def test_progress_is_sent_if_accept_has_two_lines(agent: Agent, short_intervals: None) -> None:
    lines = [("Accept", "application/json"), ("Accept", "text/event-stream"), ("Authorization", f"Bearer {agent.key}")]
    assert len(messages(agent.post_raw(lines, json.dumps(wait(progressToken="p"))))) >= 3


def test_the_first_progress_does_not_wait_for_an_interval(agent: Agent) -> None:
    # The usual interval is longer than this whole call.
    notification, _ = messages(agent.send(wait(progressToken="p")))
    assert notification["params"]["progress"] < 1


def test_fetching_an_image_sends_progress_too(agent: Agent, short_intervals: None) -> None:
    image_id = agent.generate(waitSeconds=0)["structuredContent"]["id"]
    message = tool_call("getimages_get_image", {"id": image_id, "waitSeconds": 1}, progressToken="p")
    assert len(messages(agent.send(message))) >= 3


def test_a_2026_client_receives_progress_too(agent: Agent, short_intervals: None) -> None:
    assert len(messages(agent.send_modern(wait(progressToken="p")))) >= 3


def test_a_stream_disables_buffering_and_caching(agent: Agent, short_intervals: None) -> None:
    headers = agent.send(wait(progressToken="p")).headers
    assert headers["content-type"] == "text/event-stream"
    assert headers["x-accel-buffering"] == "no"
    assert headers["cache-control"] == "no-store"


def test_without_a_token_comments_keep_the_stream_alive(agent: Agent, short_intervals: None) -> None:
    response = agent.send(wait())
    assert response.headers["content-type"] == "text/event-stream"
    assert comment_count(response.text) >= 3
    assert len(messages(response)) == 1


def test_comments_keep_the_stream_alive_between_notifications(
    agent: Agent, short_intervals: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_tools, "PROGRESS_SECONDS", 60.0)
    response = agent.send(wait(progressToken="p"))
    assert len(messages(response)) == 2
    assert comment_count(response.text) >= 3


def test_a_client_that_accepts_no_events_receives_only_json(agent: Agent, short_intervals: None) -> None:
    response = agent.send(wait(progressToken="p"), headers={"Accept": "application/json"})
    assert response.headers["content-type"] == "application/json"
    assert response.json()["result"]["structuredContent"]["status"] == "queued"


def test_a_wait_of_zero_sends_no_progress(agent: Agent) -> None:
    assert agent.send(wait(0, progressToken="p")).headers["content-type"] == "application/json"


def test_an_error_can_be_sent_in_a_stream(agent: Agent, alice: User) -> None:
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(agent.send, wait(60, progressToken="p"))
        image = eventually(Image.objects.first)
        generation.cancel(caller_of(alice), image.id)
        response = call.result()
    assert response.headers["content-type"] == "text/event-stream"
    assert code_of(messages(response)[-1]["result"]) == "cancelled"


@pytest.mark.parametrize("accept", [b"*/*", b"text/event-stream"])
def test_nothing_follows_the_result_to_a_slow_client(
    alices_key: str, monkeypatch: pytest.MonkeyPatch, accept: bytes
) -> None:
    monkeypatch.setattr(dispatch, "KEEP_ALIVE_SECONDS", 0.01)
    body = json.dumps(wait(0)).encode()
    incoming: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return incoming.pop() if incoming else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.sleep(0.1)

    headers = [(b"authorization", f"Bearer {alices_key}".encode()), (b"accept", accept)]
    headers += [(b"content-type", b"application/json")]
    scope: Any = {"type": "http", "method": "POST", "path": "/api/mcp", "headers": headers}
    run(application(scope, receive, send))
    types = [message["type"].rpartition(".")[2] for message in sent]
    assert (types[0], set(types[1:])) == ("start", {"body"})
    assert [message["more_body"] for message in sent[1:]] == [*[True] * (len(sent) - 2), False]
