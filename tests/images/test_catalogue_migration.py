"""A database of the release before keeps its images, its prices and what staff have changed in the catalogue."""

from collections.abc import Callable, Iterator, Mapping

import pytest
from django.db import connection

from accounts.models import User
from images.models import CatalogueModel, Image, ModelPrice
from tests.database import migrate, run_sql
from tests.factories import queued_image

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("images", "0015_staff_see_oauth_clients")
OLD_GPT, GPT = "openai:gpt-image-1.5", "openai:gpt-image-2"
OLD_FLASH, FLASH = "google:gemini-2.5-flash-image", "google:gemini-3.1-flash-image-preview"
PRO = "google:gemini-3-pro-image-preview"

Change = Callable[[Mapping[str, str]], None]


@pytest.fixture
def queued(alice: User) -> Image:
    """An image whose price was 5 credits in the release before."""
    return queued_image(alice)


@pytest.fixture
def change(queued: Image) -> Iterator[Change]:
    """Return a function that changes models in the schema of the release before, and migrates to the present one."""

    def run_and_migrate(values_by_model: Mapping[str, str]) -> None:
        for model_id, values in values_by_model.items():
            run_sql(f"UPDATE images_imagemodel SET {values} WHERE model_id = '{model_id}'")  # noqa: S608
        migrate()

    migrate(BEFORE)
    # The release before had no costs until staff entered them.
    run_sql("UPDATE images_imagemodel SET upstream_cost_cents = NULL, deep_upstream_cost_cents = NULL")
    yield run_and_migrate
    migrate()


def prices(model_id: str) -> dict[tuple[str | None, ...], int]:
    return {price.combination: price.credits for price in ModelPrice.objects.filter(model_id=model_id)}


@pytest.mark.long
def test_the_shipped_catalogue_gets_options_and_new_models_and_the_way_back_restores_it(change: Change) -> None:
    change({FLASH: "deep_credits = 9"})
    assert CatalogueModel.objects.count() == 9
    assert len(prices(GPT)) == 9
    model = CatalogueModel.objects.with_prices().get(pk=GPT)
    assert (model.default_quality, model.options, model.credits, model.max_sources) == (
        "medium",
        {"quality": "medium"},
        5,
        14,
    )
    assert model.takes_mask
    assert CatalogueModel.objects.get(pk=OLD_GPT).options == {"quality": "medium"}
    migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT model_id, credits, deep_credits, options::text FROM images_imagemodel ORDER BY position")
        rows = cursor.fetchall()
    assert rows == [
        (OLD_GPT, 3, None, '{"quality": "medium"}'),
        (GPT, 5, None, '{"quality": "medium"}'),
        (OLD_FLASH, 3, None, "{}"),
        (FLASH, 5, 9, '{"image_size": "1K"}'),
        (PRO, 12, 18, '{"image_size": "1K"}'),
    ]


@pytest.mark.long
def test_prices_of_staff_are_kept_and_the_others_follow_them(change: Change, queued: Image) -> None:
    change(
        {
            GPT: "credits = 10, upstream_cost_cents = 4",
            FLASH: "deep_credits = 9, enabled = FALSE",
            OLD_FLASH: "upstream_id = 'gemini-3.1-flash-lite-image'",
        }
    )
    assert prices(GPT)["medium", "1K", None] == 10
    assert prices(GPT)["low", "1K", None] == 2
    assert prices(GPT)["medium", "4K", None] == 20
    base = ModelPrice.objects.get(model_id=GPT, quality="medium", resolution="1K")
    assert base.upstream_cost_cents == 4
    assert (prices(FLASH)[None, "1K", "default"], prices(FLASH)[None, "1K", "deep"]) == (5, 9)
    assert not CatalogueModel.objects.get(pk=FLASH).enabled
    # Another upstream model has an unknown cost.
    assert ModelPrice.objects.get(model_id=OLD_FLASH).upstream_cost_cents is None
    queued.refresh_from_db()
    assert (queued.credit_cost, queued.background, queued.resolution) == (5, "opaque", None)


@pytest.mark.long
def test_a_request_of_staff_stays_fixed_at_its_price(change: Change) -> None:
    change(
        {
            GPT: "upstream_id = 'gpt-image-3', credits = 6",
            OLD_GPT: """options = '{"quality": "high"}', credits = 6""",
            FLASH: "options = '{}', credits = 6, deep_credits = NULL",
            PRO: """options = '{"image_size": "2K"}'""",
        }
    )
    for model_id in (GPT, OLD_GPT, FLASH):
        assert prices(model_id) == {(None, None, None): 6}
        model = CatalogueModel.objects.with_prices().get(pk=model_id)
        assert (model.resolutions, model.qualities, model.default_quality) == ([], [], "")
        assert ModelPrice.objects.get(model_id=model_id).upstream_cost_cents is None
    assert prices(PRO) == {(None, None, "default"): 12, (None, None, "deep"): 18}
    assert CatalogueModel.objects.get(pk=PRO).options == {"image_size": "2K"}
