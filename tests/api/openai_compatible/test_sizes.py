"""Sizes in pixels become the model's aspect ratios and resolutions."""

import openai
import pytest

from images.catalogue.options import DEFAULT_RESOLUTION, RESOLUTIONS
from images.models import CatalogueModel, Image
from images.providers import sizes
from tests.factories import MODEL
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

ONE_RESOLUTION = "google:gemini-2.5-flash-image"
WITH_512 = "google:gemini-3.1-flash-image-preview"


@pytest.mark.parametrize(
    ("model", "size", "expected"),
    [
        (MODEL, "1024x1024", ("1:1", "1K")),
        (MODEL, "1536x1024", ("3:2", "1K")),
        (MODEL, "1024x1536", ("2:3", "1K")),
        (MODEL, "1792x1024", ("16:9", "1K")),
        (MODEL, "1024x1792", ("9:16", "1K")),
        (MODEL, "1280x720", ("16:9", "1K")),
        (MODEL, "2048x1152", ("16:9", "2K")),
        (MODEL, "2048x2048", ("1:1", "2K")),
        (MODEL, "3840x2160", ("16:9", "4K")),
        (MODEL, "512x512", ("1:1", "1K")),
        (WITH_512, "512x512", ("1:1", "512")),
        (WITH_512, "256x256", ("1:1", "512")),
        (ONE_RESOLUTION, "1024x1024", ("1:1", None)),
        (ONE_RESOLUTION, "1344x768", ("16:9", None)),
        (MODEL, "auto", ("1:1", "1K")),
    ],
)
def test_a_size_is_the_nearest_shape(
    sdk: openai.OpenAI, worker: WorkerThread, model: str, size: str, expected: tuple[str, str | None]
) -> None:
    sdk.images.generate(model=model, prompt="a quiet lake", size=size, response_format="url")
    image = Image.objects.get()
    assert (image.aspect_ratio, image.resolution) == expected


@pytest.mark.parametrize(
    ("model", "size"),
    [(MODEL, "1000x900"), (MODEL, "99999x1"), (MODEL, "9000x9000"), (ONE_RESOLUTION, "2048x2048")],
)
def test_a_size_that_the_model_does_not_have_is_refused_and_others_named(
    sdk: openai.OpenAI, model: str, size: str
) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        sdk.images.generate(model=model, prompt="a quiet lake", size=size)
    assert (raised.value.code, raised.value.param) == ("invalid_arguments", "size")
    assert "Use auto or one of: 1024x1024" in raised.value.message
    assert not Image.objects.exists()


def test_every_size_that_is_named_gives_a_picture_of_this_size() -> None:
    for model in CatalogueModel.objects.with_prices():
        for aspect_ratio in model.aspect_ratios:
            for resolution in model.resolutions or [DEFAULT_RESOLUTION]:
                size = sizes.pixels(aspect_ratio, resolution)
                shape = sizes.nearest(*size, aspect_ratios=model.aspect_ratios, resolutions=model.resolutions)
                assert shape
                # Wide pictures have the same size in 2K and 4K; the lower resolution is cheaper.
                assert sizes.pixels(*shape) == size
                assert RESOLUTIONS.index(shape.resolution) <= RESOLUTIONS.index(resolution)
