"""Every page of the dashboard writes the name of a model in one way and lists models in the order of the catalogue."""

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import User
from images.catalogue import availability
from images.exceptions import ModelNotAllowed
from images.models import CatalogueModel
from images.statistics import spend
from images.statistics.chart import SERIES, SpendChart
from tests.factories import MODEL, queued_image, set_price
from tests.rendered import words
from tests.website.dashboard.test_gallery import request_image

pytestmark = pytest.mark.django_db

PRO = "google:gemini-3-pro-image-preview"
PAGES = ("/dashboard/", "/dashboard/generate/", "/dashboard/images/", "/dashboard/usage/", "/dashboard/keys/new/")


def catalogue_ids() -> list[str]:
    return list(CatalogueModel.objects.order_by("position").values_list("model_id", flat=True))


@pytest.mark.parametrize("path", PAGES)
def test_models_are_listed_by_short_name_in_the_order_of_the_catalogue(client: Client, alice: User, path: str) -> None:
    # Expensive models first, so that the order of prices is another one.
    for model in CatalogueModel.objects.all():
        set_price(model.pk, 30 - model.position)
    if path in ("/dashboard/images/", "/dashboard/usage/"):
        queued_image(alice)
    client.force_login(alice)
    text = words(client.get(path))
    list_start = text.index("gpt-image-1.5")
    names = [availability.short_name(model_id) for model_id in catalogue_ids()]
    positions = [text.index(name, list_start) for name in names]
    assert positions == sorted(positions)
    assert not [model.name for model in CatalogueModel.objects.all() if model.name in text]


def test_the_tag_of_a_filter_has_the_short_name(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Remove filter: gemini-3-pro" in words(client.get("/dashboard/images/", {"model": PRO}))


def test_the_models_of_a_key_are_listed_in_the_order_of_the_catalogue(client: Client, alice: User) -> None:
    key, _ = api_keys.create(alice, name="Laptop", allowed_models=[PRO, MODEL])
    client.force_login(alice)
    assert "gpt-image-2 gemini-3-pro" in words(client.get("/dashboard/keys/"))
    with pytest.raises(ModelNotAllowed, match=f"{MODEL}, {PRO}"):
        request_image(alice, key=key, modelId="openai:gpt-image-1.5")


def test_the_chart_lists_models_in_the_order_of_the_catalogue(alice: User) -> None:
    period = spend.Period.of_last_days(30)
    spending = [spend.DailySpend(period.last, model, 1, 5) for model in reversed(catalogue_ids())]
    assert [model for model, _ in SpendChart(period, spending).models] == catalogue_ids() == list(SERIES)
