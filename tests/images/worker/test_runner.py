"""From the request to the stored picture, with a real worker and providers on the wire."""

import pytest
from prometheus_client import REGISTRY

from accounts.models import User
from images import generation
from images.models import Image
from images.schemas import GenerationArguments
from images.storage import files
from tests.concurrency import eventually
from tests.factories import balance, caller_of
from tests.images.providers.responses import status
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


def calls(outcome: str) -> float:
    labels = {"provider": "openai", "outcome": outcome}
    return REGISTRY.get_sample_value("getimages_provider_calls_total", labels) or 0


def calls_measured() -> float:
    return REGISTRY.get_sample_value("getimages_provider_call_seconds_count", {"provider": "openai"}) or 0
