"""The endpoint under uvicorn and daphne: the same responses, and a clean shutdown."""

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

ARGUMENTS = {"prompt": "a lake", "modelId": MODEL}


@pytest.mark.parametrize("server_name", ["uvicorn", "daphne"])
def test_an_image_is_generated_under_either_server(agent: Agent, worker: WorkerThread, server_name: str) -> None:
    with web(server_name) as process:
        agent.url = process.url
        assert agent.send({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
        assert agent.request("DELETE").status_code == 405
        assert agent.request(content=b" " * (1024 * 1024 + 1)).status_code == 413
        assert (
            agent.request("GET", path="/.well-known/oauth-protected-resource/").json()["resource"].endswith("/api/mcp")
        )
        assert agent.request("GET", path="/.well-known/something-else").status_code == 404
        notification, response = messages(agent.send(tool_call("getimages_generate_image", ARGUMENTS, progressToken=1)))
        assert str(Image.objects.get().id) in notification["params"]["message"]
        content = response["result"]["structuredContent"]
        picture = agent.request(
            "GET", path="/i/" + content["imageUrl"].rpartition("/")[2], headers={"Authorization": None}
        )
        assert picture.content == files.read(Image.objects.get().picture_name)


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopping_server_ends_every_wait(agent: Agent, signal_number: signal.Signals) -> None:
    with web("uvicorn") as process, ThreadPoolExecutor(2) as clients:
        agent.url = process.url
        waits: list[Any] = [
            clients.submit(agent.send, tool_call("getimages_generate_image", ARGUMENTS)),
            clients.submit(agent.send, tool_call("getimages_generate_image", ARGUMENTS, progressToken="p")),
        ]
        eventually(lambda: Image.objects.count() == 2)
        # One more request, so that both waits have started.
        agent.send(request("ping"))
        # If stopping did not end the waits, this would take 13 minutes.
        assert process.stop(signal_number) in (0, -signal_number)
        for wait in waits:
            result = messages(wait.result())[-1]["result"]
            assert result["structuredContent"]["status"] == "queued"


def test_daphne_may_interrupt_a_call_but_the_image_is_generated(agent: Agent, request: pytest.FixtureRequest) -> None:
    with web("daphne") as process, ThreadPoolExecutor(1) as clients:
        agent.url = process.url
        clients.submit(agent.send, tool_call("getimages_generate_image", ARGUMENTS))
        eventually(Image.objects.exists)
        process.stop(signal.SIGTERM)
    request.getfixturevalue("worker")
    assert eventually(Image.objects.filter(status="succeeded").first)
