"""The endpoint under the servers that people run: the same answers from both, and an orderly end."""

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from images.models import Image
from images.storage import files
from tests.concurrency import eventually
from tests.mcp_gateway.agent import MODEL, Agent, messages, request, tool_call
from tests.mcp_gateway.processes import web
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

WISH = {"prompt": "a lake", "modelId": MODEL}


@pytest.mark.parametrize("name", ["uvicorn", "daphne"])
def test_a_picture_is_made_under_either_server(agent: Agent, worker: WorkerThread, name: str) -> None:
    with web(name) as running:
        agent.url = running.url
        assert agent.send({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
        assert agent.ask("DELETE").status_code == 405
        assert agent.ask(content=b" " * (1024 * 1024 + 1)).status_code == 413
        assert agent.ask("GET", path="/.well-known/oauth-protected-resource").status_code == 404
        note, answer = messages(agent.send(tool_call("getimages_generate_image", WISH, progressToken=1)))
        assert str(Image.objects.get().id) in note["params"]["message"]
        facts = answer["result"]["structuredContent"]
        picture = agent.ask("GET", path="/i/" + facts["imageUrl"].rpartition("/")[2], headers={"Authorization": None})
        assert picture.content == files.read(Image.objects.get().picture_name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_answers_who_waits(agent: Agent, number: signal.Signals) -> None:
    with web("uvicorn") as running, ThreadPoolExecutor(2) as clients:
        agent.url = running.url
        waits: list[Any] = [
            clients.submit(agent.send, tool_call("getimages_generate_image", WISH)),
            clients.submit(agent.send, tool_call("getimages_generate_image", WISH, progressToken="p")),
        ]
        eventually(lambda: Image.objects.count() == 2)
        # One more exchange, so that both waits have begun.
        agent.send(request("ping"))
        # Without a word to those who wait this would take as long as they do: 13 minutes.
        assert running.end(number) in (0, -number)
        for wait in waits:
            result = messages(wait.result())[-1]["result"]
            assert result["structuredContent"]["status"] == "queued"


def test_daphne_may_cut_a_call_off_but_the_image_is_made(agent: Agent, request: pytest.FixtureRequest) -> None:
    with web("daphne") as running, ThreadPoolExecutor(1) as clients:
        agent.url = running.url
        clients.submit(agent.send, tool_call("getimages_generate_image", WISH))
        eventually(Image.objects.exists)
        running.end(signal.SIGTERM)
    request.getfixturevalue("worker")
    assert eventually(Image.objects.filter(status="succeeded").first)
