"""Each model generates pictures with the requested aspect ratio, for every ratio in the catalogue."""

import io

import pytest
from PIL import Image as Pillow

from accounts.models import User
from billing import ledger
from images import generation
from images.models import CatalogueModel, Image
from images.schemas import GenerationArguments
from images.storage import files
from tests.concurrency import eventually
from tests.factories import caller_of

pytestmark = pytest.mark.django_db(transaction=True)

CATALOGUE = {
    "openai:gpt-image-1.5": ("openai", 3, None, "gpt-image-2.5-flare", 7),
    "openai:gpt-image-2": ("openai", 5, None, "gpt-image-2", 7),
    "google:gemini-2.5-flash-image": ("google", 3, None, "gemini-2.5-flash-image", 7),
    "google:gemini-3.1-flash-image-preview": ("google", 5, 7, "gemini-3.1-flash-image", 7),
    "google:gemini-3-pro-image-preview": ("google", 12, 18, "gemini-3-pro-image", 8),
    "openai:gpt-image-2.5-flare": ("openai", 2, None, "gpt-image-2.5-flare", 10),
    "openai:gpt-image-2.5-sunburst": ("openai", 2, None, "gpt-image-2.5-sunburst", 10),
    "google:gemini-nano-banana-2.1": ("google", 3, 5, "gemini-nano-banana-2.1", 14),
    "google:gemini-3.1-flash-lite-image": ("google", 3, None, "gemini-3.1-flash-lite-image", 14),
}


def fields_of(model: CatalogueModel) -> tuple[str, int | None, int | None, str, int]:
    return model.provider_id, model.credits, model.deep_credits, model.upstream_id, len(model.aspect_ratios)


def request_every_combination(user: User) -> int:
    requested = 0
    for model in CatalogueModel.objects.with_prices():
        for ratio in model.aspect_ratios:
            fields = {"prompt": "a lake", "modelId": model.model_id, "aspectRatio": ratio}
            generation.request(caller_of(user), GenerationArguments.model_validate(fields))
            requested += 1
    return requested


def assert_aspect_ratio(image: Image) -> None:
    picture = Pillow.open(io.BytesIO(files.read(image.picture_name)))
    width, height = (int(side) for side in image.aspect_ratio.split(":"))
    assert picture.size == (image.width, image.height)
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02), image.model_id


def test_the_catalogue_matches_the_documentation() -> None:
    assert {model.model_id: fields_of(model) for model in CatalogueModel.objects.with_prices()} == CATALOGUE


@pytest.mark.usefixtures("worker", "provider")
def test_each_model_generates_each_of_its_ratios(alice: User) -> None:
    ledger.grant(alice.id, amount=1000, reason="for all of them")
    requested = request_every_combination(alice)
    eventually(lambda: Image.objects.unfinished().count() == 0)
    images = list(Image.objects.filter(status="succeeded"))
    assert len(images) == requested == 84
    for image in images:
        assert_aspect_ratio(image)
