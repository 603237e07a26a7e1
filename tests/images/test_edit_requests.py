"""Edits from the request to the stored picture: what the provider receives, and what its errors end in."""

import io
import uuid
from typing import Any

import pytest
from PIL import Image as Pillow

from accounts.models import User
from billing import ledger
from images import generation
from images.exceptions import RequestRejected
from images.library import listing
from images.models import CatalogueModel, Image
from images.schemas import SOURCES_MAX, EditArguments, ModelResult
from images.storage import files
from infrastructure.exceptions import InvalidArguments
from infrastructure.schemas import parse
from tests.concurrency import eventually
from tests.factories import balance, caller_of
from tests.images.providers import responses
from tests.images.providers.stand_in import OPENAI_EDITS_PATH, ProviderStandIn
from tests.images.test_edits import edit, upload
from tests.images.upload_files import mask_png, png

pytestmark = pytest.mark.django_db(transaction=True)

GPT, NANO = "openai:gpt-image-2", "google:gemini-nano-banana-2.1"


def finished(image: Image) -> Image:
    eventually(lambda: Image.objects.unfinished().count() == 0)
    image.refresh_from_db()
    return image


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("alpha", [True, False])
def test_openai_receives_the_sources_and_the_mask_in_its_form(
    provider: ProviderStandIn, alice: User, alpha: bool
) -> None:
    first, reference = upload(alice), upload(alice, png(70, 90, colour="red"))
    image = finished(edit(alice, first, reference, mask=upload(alice, mask_png(alpha=alpha))).image)
    (received,) = provider.requests
    assert received.path == OPENAI_EDITS_PATH
    assert len(received.body["safety_identifier"]) == 64
    assert [(file.field, file.media_type, file.size) for file in received.files] == [
        ("image[]", "image/png", (64, 48)),
        ("image[]", "image/png", (70, 90)),
        ("mask", "image/png", (64, 48)),
    ]
    sent = Pillow.open(io.BytesIO(received.files[-1].content)).getchannel("A")
    assert (sent.getpixel((0, 0)), sent.getpixel((63, 47))) == (0, 255)
    assert (image.status, image.aspect_ratio, received.body["size"]) == ("succeeded", "auto", "1280x960")
    assert (image.width, image.height) == (1280, 960)


@pytest.mark.usefixtures("worker")
def test_google_receives_the_sources_and_no_ratio(provider: ProviderStandIn, alice: User) -> None:
    image = finished(edit(alice, upload(alice), upload(alice, png(70, 90)), modelId=NANO).image)
    (received,) = provider.requests
    assert [file.size for file in received.files] == [(64, 48), (70, 90)]
    assert received.body["generationConfig"]["imageConfig"] == {"imageSize": "1K"}
    assert (image.status, files.read(image.picture_name)) == ("succeeded", responses.png(1280, 960))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (responses.openai_error(400, "invalid_mask_image_format", "No."), "invalid_mask"),
        (responses.openai_error(400, None, "Too many input images (2, max 1)"), "too_many_sources"),
    ],
)
def test_an_edit_that_the_provider_refuses_is_refunded_after_one_call(
    provider: ProviderStandIn, alice: User, error: Any, code: str
) -> None:
    provider.respond_with(error)
    image = finished(edit(alice, upload(alice), upload(alice), mask=upload(alice, mask_png())).image)
    assert (image.status, image.error_code, image.provider_calls) == ("failed", code, 1)
    assert (balance(alice), len(provider.requests)) == (100, 1)
    failure = generation.failure_of(image)
    assert failure is not None
    assert (failure.code, failure.status, failure.message) == (code, 422, image.error_message)


@pytest.mark.parametrize("changes", [{}, {"max_sources": 5}, {"max_sources": 0, "takes_mask": False}])
def test_every_model_accepts_what_the_list_of_models_says(
    provider: ProviderStandIn, alice: User, changes: dict[str, Any]
) -> None:
    if changes:
        CatalogueModel.objects.update(**changes)
    ledger.grant(alice.id, amount=10_000, reason="many edits")
    source, mask = upload(alice), upload(alice, mask_png())
    models = listing.list_models(caller_of(alice)).models
    assert len(models) == CatalogueModel.objects.count()
    for model in models:
        for count in range(1, SOURCES_MAX + 1):
            for with_mask in (False, True):
                fields = {"modelId": model.model_id, "sources": [source] * count, "mask": mask if with_mask else None}
                assert outcome(alice, fields) == expected_outcome(model, count, with_mask=with_mask)


def outcome(user: User, fields: dict[str, Any]) -> str:
    """Request an edit and return the status of its image, or the code of the error."""
    try:
        arguments = parse(EditArguments, {"prompt": "make it night", **fields})
        return generation.request(caller_of(user), arguments).image.status
    except RequestRejected as error:
        return error.code


def expected_outcome(model: ModelResult, count: int, *, with_mask: bool) -> str:
    if not model.max_sources:
        return "edits_unsupported"
    if count > model.max_sources:
        return "too_many_sources"
    return "unsupported_option" if with_mask and not model.takes_mask else "queued"


def test_more_sources_than_any_model_takes_are_invalid() -> None:
    with pytest.raises(InvalidArguments):
        parse(EditArguments, {"prompt": "x", "modelId": GPT, "sources": [str(uuid.uuid4())] * (SOURCES_MAX + 1)})
