"""Web processes that are killed or stopped while clients wait in them."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from accounts.models import User
from images.models import Image
from tests.concurrency import eventually
from tests.factories import balance
from tests.faults.steps import StartWorker, entries, finished
from tests.faults.web import WebProcess
from tests.images.providers.stand_in import ProviderStandIn

pytestmark = pytest.mark.django_db(transaction=True)

ARGUMENTS = {"prompt": "a quiet lake", "modelId": "openai:gpt-image-2"}
StartWeb = Callable[..., WebProcess]


@pytest.fixture
def start_web(_ledger_is_right: None, provider: ProviderStandIn, tmp_path: Path) -> Iterator[StartWeb]:
    with ExitStack() as processes:

        def start(program: str = "uvicorn") -> WebProcess:
            return processes.enter_context(WebProcess(provider, tmp_path / f"{program}.log", program=program))

        yield start


def wait_for_provider_call(provider: ProviderStandIn, call: Future[dict[str, Any]]) -> None:
    """Wait until the provider has received a request; fail at once if the tool call has ended without one."""
    eventually(lambda: provider.requests or call.done())
    assert provider.requests, f"the tool call ended before the provider was called: {call.result()}"


@pytest.mark.parametrize("program", ["uvicorn", pytest.param("daphne", marks=pytest.mark.long)])
def test_an_image_is_generated_and_found_when_its_web_process_dies(
    alice: User, alices_key: str, provider: ProviderStandIn, start: StartWorker, start_web: StartWeb, program: str
) -> None:
    provider.hold()
    start()
    web = start_web(program)
    call = web.start_call(alices_key, "getimages_generate_image", **ARGUMENTS)
    wait_for_provider_call(provider, call)
    web.kill()
    assert isinstance(call.exception(), httpx2.TransportError)
    provider.release()
    image = finished(Image.objects.get())
    result = start_web(program).call(alices_key, "getimages_get_image", id=str(image.id), includeBytes=True)
    assert result["structuredContent"]["image"]["status"] == "succeeded"
    assert httpx2.get(result["structuredContent"]["imageUrl"]).status_code == 200
    assert (len(provider.requests), entries(image), balance(alice)) == (1, ["generation"], 95)


def test_a_web_process_that_stops_responds_with_the_current_status(
    alice: User, alices_key: str, provider: ProviderStandIn, start: StartWorker, start_web: StartWeb
) -> None:
    provider.hold()
    start()
    web = start_web()
    call = web.start_call(alices_key, "getimages_generate_image", **ARGUMENTS)
    wait_for_provider_call(provider, call)
    web.process.send_signal(signal.SIGTERM)
    result = call.result()["structuredContent"]
    assert (result["status"], result["imageUrl"]) == ("running", None)
    assert web.process.wait() in {0, -signal.SIGTERM}
    provider.release()
    assert finished(Image.objects.get()).status == "succeeded"
