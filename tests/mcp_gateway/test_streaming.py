"""What a client hears while it waits."""

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
from mcp_gateway.tools import progress
from mcp_gateway.transport import exchange
from tests.concurrency import eventually, run
from tests.factories import caller_of
from tests.mcp_gateway.agent import MODEL, Agent, code_of, messages, tool_call

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of silence pass in a twentieth of one. No worker runs here, so every wait lasts its whole second."""
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 0.05)
    monkeypatch.setattr(exchange, "SILENCE_SECONDS", 0.05)


def wait(seconds: int = 1, **meta: Any) -> dict[str, Any]:
    return tool_call("getimages_generate_image", {"prompt": "a lake", "modelId": MODEL, "waitSeconds": seconds}, **meta)


def comments(text: str) -> int:
    return len(re.findall(r"^:", text, re.MULTILINE))


def test_the_intervals_are_short_enough_for_every_client() -> None:
    assert progress.PROGRESS_SECONDS <= 10
    assert exchange.SILENCE_SECONDS <= 15


@pytest.mark.parametrize("token", ["a token", 7, 0])
def test_progress_is_told_to_who_gave_a_token(agent: Agent, impatient: None, token: Any) -> None:
    response = agent.send(wait(progressToken=token))
    *notes, answer = messages(response)
    values = [note["params"]["progress"] for note in notes]
    assert len(notes) >= 3
    assert all(a < b for a, b in itertools.pairwise(values))
    for note in notes:
        assert (note["method"], note["params"]["progressToken"]) == ("notifications/progress", token)
        assert str(Image.objects.get().id) in note["params"]["message"]
    assert answer["result"]["structuredContent"]["status"] == "queued"


def test_the_first_progress_does_not_wait_for_an_interval(agent: Agent) -> None:
    # The usual interval is longer than this whole call.
    note, _ = messages(agent.send(wait(progressToken="p")))
    assert note["params"]["progress"] < 1


def test_fetching_an_image_tells_of_progress_too(agent: Agent, impatient: None) -> None:
    image_id = agent.generate(waitSeconds=0)["structuredContent"]["id"]
    message = tool_call("getimages_get_image", {"id": image_id, "waitSeconds": 1}, progressToken="p")
    assert len(messages(agent.send(message))) >= 3


def test_a_2026_client_hears_the_same(agent: Agent, impatient: None) -> None:
    assert len(messages(agent.send_modern(wait(progressToken="p")))) >= 3


def test_a_stream_says_how_it_wants_to_be_passed_on(agent: Agent, impatient: None) -> None:
    headers = agent.send(wait(progressToken="p")).headers
    assert headers["content-type"] == "text/event-stream"
    assert headers["x-accel-buffering"] == "no"
    assert headers["cache-control"] == "no-store"


def test_without_a_token_silence_is_broken_by_comments(agent: Agent, impatient: None) -> None:
    response = agent.send(wait())
    assert response.headers["content-type"] == "text/event-stream"
    assert comments(response.text) >= 3
    assert len(messages(response)) == 1


def test_between_notes_of_progress_the_stream_is_kept_alive(
    agent: Agent, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 60.0)
    response = agent.send(wait(progressToken="p"))
    assert len(messages(response)) == 2
    assert comments(response.text) >= 3


def test_a_client_that_takes_no_events_gets_json_and_nothing_before_it(agent: Agent, impatient: None) -> None:
    response = agent.send(wait(progressToken="p"), headers={"Accept": "application/json"})
    assert response.headers["content-type"] == "application/json"
    assert response.json()["result"]["structuredContent"]["status"] == "queued"


def test_nothing_is_told_of_a_wait_that_is_none(agent: Agent) -> None:
    assert agent.send(wait(0, progressToken="p")).headers["content-type"] == "application/json"


def test_an_error_can_come_in_a_stream(agent: Agent, alice: User) -> None:
    with ThreadPoolExecutor(1) as other:
        call = other.submit(agent.send, wait(60, progressToken="p"))
        image = eventually(Image.objects.first)
        generation.cancel(caller_of(alice), image.id)
        response = call.result()
    assert response.headers["content-type"] == "text/event-stream"
    assert code_of(messages(response)[-1]["result"]) == "cancelled"


@pytest.mark.parametrize("accept", [b"*/*", b"text/event-stream"])
def test_nothing_follows_the_answer_to_a_slow_client(
    alices_key: str, monkeypatch: pytest.MonkeyPatch, accept: bytes
) -> None:
    monkeypatch.setattr(exchange, "SILENCE_SECONDS", 0.01)
    body = json.dumps(wait(0)).encode()
    arriving: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        return arriving.pop() if arriving else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(message)
        await asyncio.sleep(0.1)

    headers = [(b"authorization", f"Bearer {alices_key}".encode()), (b"accept", accept)]
    scope: Any = {"type": "http", "method": "POST", "path": "/api/mcp", "headers": headers}
    run(application(scope, receive, send))
    types = [message["type"].rpartition(".")[2] for message in sent]
    assert (types[0], set(types[1:])) == ("start", {"body"})
    assert [message["more_body"] for message in sent[1:]] == [*[True] * (len(sent) - 2), False]
