"""From the request to the stored picture, with a real worker and providers on the wire."""

import json

import pytest
from prometheus_client import REGISTRY

from accounts.models import User
from images import generation
from images.models import Image
from images.schemas import GenerationArguments
from images.storage import files
from tests.concurrency import eventually
from tests.factories import balance, caller_of
from tests.images.providers.responses import ReceivedRequest, Response, json_response, picture, status
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def request_image(user: User, prompt: str = "a quiet lake", **fields: str) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": prompt, "modelId": "openai:gpt-image-2", **fields})
    return generation.request(caller_of(user), arguments).image


def finished(image: Image) -> Image:
    return eventually(lambda: Image.objects.filter(pk=image.pk, finished_at__isnull=False).first())


def test_a_requested_image_is_generated_and_stored(
    alice: User, worker: WorkerThread, provider: ProviderStandIn
) -> None:
    image = finished(request_image(alice))
    assert (image.status, image.error_message) == ("succeeded", "")
    assert files.read(image.picture_name).startswith(b"\x89PNG")
    assert balance(alice) == 95


def test_each_provider_call_is_counted_by_its_outcome(
    alice: User, worker: WorkerThread, provider: ProviderStandIn
) -> None:
    before = [calls("ok"), calls("provider_error"), calls_measured()]
    provider.respond_with(status(500, Retry_After="0"))
    assert finished(request_image(alice)).provider_calls == 2
    after = [calls("ok"), calls("provider_error"), calls_measured()]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 2]


@pytest.mark.parametrize("unstorable", ["\0", "\ud83d"], ids=["NUL", "half a surrogate pair"])
def test_a_rejection_is_final_whatever_its_text_contains(
    alice: User, worker: WorkerThread, provider: ProviderStandIn, unstorable: str
) -> None:
    error = {"message": f"It shows{unstorable} a sword.", "code": "moderation_blocked"}
    provider.respond_with(lambda _: json_response({"error": error}, 400))
    image = finished(request_image(alice))
    assert (image.status, image.attempt, image.provider_calls, balance(alice)) == ("rejected", 1, 1, 100)
    assert "It shows" in image.error_message


@pytest.mark.parametrize("unstorable", ["\0", "\ud83d", float("nan")], ids=["NUL", "half a surrogate pair", "NaN"])
def test_a_picture_is_final_whatever_its_usage_contains(
    alice: User, worker: WorkerThread, provider: ProviderStandIn, unstorable: object
) -> None:
    def respond(request: ReceivedRequest) -> Response:
        response = json.loads(picture()(request).body)
        return json_response({**response, "usageMetadata": {"trafficType": unstorable}})

    provider.respond_with(respond)
    image = finished(request_image(alice, modelId="google:gemini-2.5-flash-image"))
    assert (image.status, image.attempt, image.provider_usage) == ("succeeded", 1, None)


def calls(outcome: str) -> float:
    labels = {"provider": "openai", "outcome": outcome}
    return REGISTRY.get_sample_value("getimages_provider_calls_total", labels) or 0


def calls_measured() -> float:
    return REGISTRY.get_sample_value("getimages_provider_call_seconds_count", {"provider": "openai"}) or 0
