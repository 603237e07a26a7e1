"""Web processes that die or are told to stop while clients wait in them."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from accounts.models import User
from images.models import Image
from tests.factories import balance
from tests.faults.steps import StartWorker, entries, finished
from tests.faults.web import WebProcess
from tests.images.providers.stand_in import ProviderStandIn

pytestmark = pytest.mark.django_db(transaction=True)

PICTURE = {"prompt": "a quiet lake", "modelId": "openai:gpt-image-2"}


@pytest.fixture
def serve(_books: None, provider: ProviderStandIn, tmp_path: Path) -> Iterator[Any]:
    with ExitStack() as running:

        def begin(program: str = "uvicorn") -> WebProcess:
            return running.enter_context(WebProcess(provider, tmp_path / f"{program}.log", program=program))

        yield begin


@pytest.mark.parametrize("program", ["uvicorn", "daphne"])
def test_an_image_is_made_and_found_when_its_web_process_dies(
    alice: User, alices_key: str, provider: ProviderStandIn, start: StartWorker, serve: Any, program: str
) -> None:
    provider.hold()
    start()
    web = serve(program)
    call = web.begin_call(alices_key, "getimages_generate_image", **PICTURE)
    provider.wait_for_requests(1)
    web.kill()
    assert isinstance(call.exception(), httpx2.TransportError)
    provider.release()
    image = finished(Image.objects.get())
    found = serve(program).call(alices_key, "getimages_get_image", id=str(image.id), includeBytes=True)
    assert found["structuredContent"]["image"]["status"] == "succeeded"
    assert httpx2.get(found["structuredContent"]["imageUrl"]).status_code == 200
    assert (len(provider.requests), entries(image), balance(alice)) == (1, ["generation"], 95)


def test_a_web_process_that_is_to_stop_answers_with_the_present_status(
    alice: User, alices_key: str, provider: ProviderStandIn, start: StartWorker, serve: Any
) -> None:
    provider.hold()
    start()
    web = serve()
    call = web.begin_call(alices_key, "getimages_generate_image", **PICTURE)
    provider.wait_for_requests(1)
    web.process.send_signal(signal.SIGTERM)
    answer = call.result()["structuredContent"]
    assert (answer["status"], answer["imageUrl"]) == ("running", None)
    assert web.process.wait() in {0, -signal.SIGTERM}
    provider.release()
    assert finished(Image.objects.get()).status == "succeeded"
