"""Every model and ratio of the catalogue, asked for and made: the picture has the shape that was asked for."""

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
    "openai:gpt-image-1.5": ("openai", 3, None, "gpt-image-1.5", 7),
    "openai:gpt-image-2": ("openai", 5, None, "gpt-image-2", 7),
    "google:gemini-2.5-flash-image": ("google", 3, None, "gemini-2.5-flash-image", 7),
    "google:gemini-3.1-flash-image-preview": ("google", 5, 7, "gemini-3.1-flash-image", 7),
    "google:gemini-3-pro-image-preview": ("google", 12, 18, "gemini-3-pro-image", 8),
}


def facts_of(model: CatalogueModel) -> tuple[str, int, int | None, str, int]:
    return model.provider_id, model.credits, model.deep_credits, model.upstream_id, len(model.aspect_ratios)


def ask_for_everything(user: User) -> int:
    asked = 0
    for model in CatalogueModel.objects.all():
        for ratio in model.aspect_ratios:
            given = {"prompt": "a lake", "modelId": model.model_id, "aspectRatio": ratio}
            generation.request(caller_of(user), GenerationArguments.model_validate(given))
            asked += 1
    return asked


def assert_shape(image: Image) -> None:
    picture = Pillow.open(io.BytesIO(files.read(image.picture_name)))
    width, height = (int(side) for side in image.aspect_ratio.split(":"))
    assert picture.size == (image.width, image.height)
    assert picture.width / picture.height == pytest.approx(width / height, rel=0.02), image.model_id
    thumbnail = Pillow.open(io.BytesIO(files.read(image.thumbnail_name)))
    assert max(thumbnail.size) == 512


def test_the_catalogue_is_the_documented_one() -> None:
    assert {model.model_id: facts_of(model) for model in CatalogueModel.objects.all()} == CATALOGUE


@pytest.mark.usefixtures("worker", "provider")
def test_each_model_makes_each_of_its_shapes(alice: User) -> None:
    ledger.grant(alice.id, amount=1000, reason="for all of them")
    asked = ask_for_everything(alice)
    eventually(lambda: Image.objects.unfinished().count() == 0)
    made = list(Image.objects.filter(status="succeeded"))
    assert len(made) == asked == 36
    for image in made:
        assert_shape(image)
