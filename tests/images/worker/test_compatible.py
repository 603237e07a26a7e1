"""A model of an OpenAI-compatible server, from the row in the catalogue to the stored picture."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from images import generation
from images.catalogue import availability
from images.exceptions import EditsUnsupported, ModelUnavailable, UnsupportedOption
from images.models import CatalogueModel, Image
from images.schemas import GenerationArguments
from images.storage import files
from tests.concurrency import eventually
from tests.factories import balance, caller_of
from tests.images.providers import responses
from tests.images.providers.stand_in import ProviderStandIn
from tests.images.test_edits import edit, upload
from tests.images.upload_files import mask_png
from tests.infrastructure.outbound.stand_ins import Host, response
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def host() -> Iterator[Host]:
    with Host(response(body=responses.png(1024, 1024))) as host:
        yield host


@pytest.fixture
def model(provider: ProviderStandIn) -> Iterator[CatalogueModel]:
    row = CatalogueModel.objects.create(
        model_id="compatible:flux",
        provider_id="compatible",
        name="Flux",
        speed="fast",
        api="compatible",
        upstream_id="flux.1-schnell",
        base_url=provider.url_openai,
        parameters=["size", "response_format"],
        aspect_ratios=["1:1"],
        position=100,
    )
    row.prices.create(credits=2)
    yield row
    row.delete()


def finished_image(user: User) -> Image:
    arguments = GenerationArguments.model_validate({"prompt": "a quiet lake", "modelId": "compatible:flux"})
    image = generation.request(caller_of(user), arguments).image
    return eventually(lambda: Image.objects.filter(pk=image.pk, finished_at__isnull=False).first())


def test_a_picture_in_base64_is_stored_as_sent(
    alice: User, model: CatalogueModel, worker: WorkerThread, provider: ProviderStandIn
) -> None:
    image = finished_image(alice)
    assert (image.status, image.error_message) == ("succeeded", "")
    assert files.read(image.picture_name) == responses.png(1024, 1024)
    assert balance(alice) == 98
    sent = {"size": "1024x1024", "response_format": "b64_json"}
    assert provider.requests[0].body == {"model": "flux.1-schnell", "prompt": "a quiet lake", **sent}


def test_an_edit_is_sent_as_a_form_and_only_if_the_row_allows_it(
    alice: User, model: CatalogueModel, worker: WorkerThread, provider: ProviderStandIn
) -> None:
    source, mask = upload(alice), upload(alice, mask_png())
    with pytest.raises(EditsUnsupported):
        edit(alice, source, modelId=model.model_id)
    CatalogueModel.objects.filter(pk=model.pk).update(max_sources=1)
    with pytest.raises(UnsupportedOption):
        edit(alice, source, mask=mask, modelId=model.model_id)
    CatalogueModel.objects.filter(pk=model.pk).update(takes_mask=True)
    image = edit(alice, source, mask=mask, modelId=model.model_id, aspectRatio="1:1").image
    eventually(lambda: Image.objects.filter(pk=image.pk, status="succeeded").exists())
    (received,) = provider.requests
    assert [file.field for file in received.files] == ["image", "mask"]
    sent = {"size": "1024x1024", "response_format": "b64_json"}
    assert received.body == {"model": "flux.1-schnell", "prompt": "make it night", **sent}
    assert balance(alice) == 98


def test_a_picture_at_a_url_is_stored_as_sent(
    alice: User, model: CatalogueModel, worker: WorkerThread, provider: ProviderStandIn, host: Host, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    provider.respond_with(responses.openai_data([{"url": f"{host.url}/a.png"}]))
    assert files.read(finished_image(alice).picture_name) == responses.png(1024, 1024)


def test_a_refused_url_is_refunded_after_one_call(
    alice: User, model: CatalogueModel, worker: WorkerThread, provider: ProviderStandIn, host: Host, settings: Any
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    provider.respond_with(responses.openai_data([{"url": f"{host.url}/a.png"}]))
    image = finished_image(alice)
    assert (image.status, image.error_code, image.provider_calls) == ("failed", "provider_error", 1)
    assert (host.paths, balance(alice)) == ([], 100)


def test_without_its_key_the_model_is_unavailable_and_nothing_is_charged(alice: User, model: CatalogueModel) -> None:
    CatalogueModel.objects.filter(pk=model.pk).update(key_variable="COMPATIBLE_MISSING_API_KEY")
    assert not availability.is_available(CatalogueModel.objects.get(pk=model.pk))
    with pytest.raises(ModelUnavailable):
        finished_image(alice)
    assert balance(alice) == 100
