"""The public id of GPT Image 1.5 is served by its successor, in exact sizes and without a crop."""

import importlib
from typing import Any

import pytest
from django.apps import apps

from accounts.models import User
from images import generation
from images.models import CatalogueModel, Image
from images.schemas import GenerationArguments
from images.storage import files
from tests.concurrency import eventually
from tests.factories import caller_of
from tests.images.providers import responses
from tests.images.providers.stand_in import OPENAI_PATH, ProviderStandIn

pytestmark = pytest.mark.django_db(transaction=True)

MODEL = "openai:gpt-image-1.5"
SUCCESSOR = "gpt-image-2.5-flare"
SIZES = {
    "1:1": (1024, 1024),
    "3:2": (1536, 1024),
    "2:3": (1024, 1536),
    "16:9": (1536, 864),
    "9:16": (864, 1536),
    "4:3": (1280, 960),
    "3:4": (960, 1280),
}
SHIPPED = {"upstream_id": "gpt-image-1.5", "options": {"quality": "medium"}}


def fields_of_row() -> dict[str, Any]:
    return dict(CatalogueModel.objects.values("upstream_id", "options", "enabled").get(pk=MODEL))


def repoint() -> None:
    importlib.import_module("images.migrations.0014_gpt_image_1_5_successor").repoint(apps, None)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("ratio", SIZES)
def test_the_successor_receives_the_exact_size_and_its_picture_is_not_cropped(
    provider: ProviderStandIn, alice: User, ratio: str
) -> None:
    fields = {"prompt": "a lake", "modelId": MODEL, "aspectRatio": ratio}
    image = generation.request(caller_of(alice), GenerationArguments.model_validate(fields)).image
    eventually(lambda: Image.objects.unfinished().count() == 0)
    (received,) = provider.requests
    width, height = SIZES[ratio]
    assert received.path == OPENAI_PATH
    assert received.body == {
        "model": SUCCESSOR,
        "prompt": "a lake",
        "size": f"{width}x{height}",
        "n": 1,
        "quality": "medium",
        "safety_identifier": received.body["safety_identifier"],
    }
    image.refresh_from_db()
    assert (image.model_id, image.status, image.credit_cost) == (MODEL, Image.Status.SUCCEEDED, 3)
    assert files.read(image.picture_name) == responses.png(width, height)


def test_a_fresh_database_has_the_successor() -> None:
    models = importlib.import_module("images.migrations.0003_first_models").MODELS
    row = next(model for model in models if model["model_id"] == MODEL)
    first = {name: value for name, value in row.items() if "credits" not in name}
    CatalogueModel.objects.filter(pk=MODEL).update(**first)
    repoint()
    assert fields_of_row() == {
        "upstream_id": SUCCESSOR,
        "options": {"quality": "medium"},
        "enabled": True,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"upstream_id": "gpt-image-2.5-sunburst"},
        {"upstream_id": "gpt-image-2"},
        {"options": {"quality": "high"}},
        {"options": {}},
    ],
)
def test_a_request_that_staff_have_changed_stays_the_same(changes: dict[str, Any]) -> None:
    CatalogueModel.objects.filter(pk=MODEL).update(**{**SHIPPED, **changes})
    before = fields_of_row()
    repoint()
    assert fields_of_row() == before


@pytest.mark.parametrize("changes", [{"name": "Fast"}, {"enabled": False}])
def test_a_name_or_switch_of_staff_is_kept_with_the_successor(changes: dict[str, Any]) -> None:
    CatalogueModel.objects.filter(pk=MODEL).update(**SHIPPED, **changes)
    expected = {**fields_of_row(), "upstream_id": SUCCESSOR}
    repoint()
    assert fields_of_row() == expected


def test_no_model_of_the_catalogue_uses_an_upstream_id_that_openai_has_ended() -> None:
    ended = {"gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest", "dall-e-2", "dall-e-3"}
    assert not ended & set(CatalogueModel.objects.values_list("upstream_id", flat=True))
