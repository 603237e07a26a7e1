"""OpenAI's Python SDK lists models."""

from typing import Any

import openai
import pytest

from accounts import api_keys
from accounts.models import User
from images.catalogue import availability
from images.models import CatalogueModel, ModelPrice
from tests.factories import MODEL

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_available_model_is_listed(sdk: openai.OpenAI) -> None:
    availability.set_enabled("google:gemini-2.5-flash-image", enabled=False)
    listed = [model.id for model in sdk.models.list()]
    assert MODEL in listed
    assert listed == [model.model_id for model in CatalogueModel.objects.filter(enabled=True)]


def test_a_key_lists_the_models_that_it_may_use(base_url: str, alice: User) -> None:
    secret = api_keys.create(alice, name="One model", allowed_models=[MODEL])[1]
    with openai.OpenAI(base_url=base_url, api_key=secret) as client:
        assert [model.id for model in client.models.list()] == [MODEL]


@pytest.mark.parametrize("name", [MODEL, "gpt-image-2"])
def test_a_model_is_found_by_its_id_or_name(sdk: openai.OpenAI, name: str) -> None:
    model = sdk.models.retrieve(name)
    assert (model.id, model.object, model.owned_by) == (MODEL, "model", "openai")


def test_a_name_of_two_models_is_ambiguous(sdk: openai.OpenAI) -> None:
    original: Any = CatalogueModel.objects.get(pk=MODEL)
    original.model_id, original.position = "compatible:gpt-image-2", 99
    original.save(force_insert=True)
    ModelPrice.objects.create(model=original, credits=1)
    with pytest.raises(openai.NotFoundError, match=r"Use one of: openai:gpt-image-2, compatible:gpt-image-2\."):
        sdk.models.retrieve("gpt-image-2")
    assert sdk.models.retrieve(MODEL).id == MODEL


def test_an_unknown_model_is_not_found(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as raised:
        sdk.models.retrieve("dall-e-3")
    assert raised.value.code == "model_not_found"
    assert MODEL in raised.value.message
