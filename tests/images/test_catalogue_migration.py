"""A database of the release before keeps its images, its prices and what staff have changed in the catalogue."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.models import User
from images.models import CatalogueModel, ModelPrice
from tests.database import run_sql
from tests.factories import queued_image

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE = ("images", "0015_staff_see_oauth_clients")
GPT, FLASH, PRO = "openai:gpt-image-2", "google:gemini-3.1-flash-image-preview", "google:gemini-3-pro-image-preview"

Change = Callable[[str, str], None]


def migrate(*target: tuple[str, str]) -> None:
    executor = MigrationExecutor(connection)
    executor.migrate(list(target) or executor.loader.graph.leaf_nodes())


@pytest.fixture
def change() -> Iterator[Change]:
    """Return a function that changes a model in the schema of the release before, and migrates to the present one."""

    def run_and_migrate(model_id: str, values: str) -> None:
        run_sql(f"UPDATE images_imagemodel SET {values} WHERE model_id = '{model_id}'")  # noqa: S608
        migrate()

    migrate(BEFORE)
    # The release before had no costs until staff entered them.
    run_sql("UPDATE images_imagemodel SET upstream_cost_cents = NULL, deep_upstream_cost_cents = NULL")
    yield run_and_migrate
    migrate()


def prices(model_id: str) -> dict[tuple[str | None, ...], int]:
    return {price.combination: price.credits for price in ModelPrice.objects.filter(model_id=model_id)}


def test_the_shipped_catalogue_gets_options_and_new_models(change: Change) -> None:
    change(GPT, "enabled = TRUE")
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
    assert CatalogueModel.objects.get(pk="openai:gpt-image-1.5").options == {"quality": "medium"}


def test_a_price_of_staff_is_kept_and_the_others_follow_it(change: Change) -> None:
    change(GPT, "credits = 10, upstream_cost_cents = 4")
    assert prices(GPT)["medium", "1K", None] == 10
    assert prices(GPT)["low", "1K", None] == 2
    assert prices(GPT)["medium", "4K", None] == 20
    base = ModelPrice.objects.get(model_id=GPT, quality="medium", resolution="1K")
    assert base.upstream_cost_cents == 4


def test_a_deep_price_of_staff_is_kept(change: Change) -> None:
    change(FLASH, "deep_credits = 9, enabled = FALSE")
    assert (prices(FLASH)[None, "1K", "default"], prices(FLASH)[None, "1K", "deep"]) == (5, 9)
    assert not CatalogueModel.objects.get(pk=FLASH).enabled


@pytest.mark.parametrize(
    "values", ["upstream_id = 'gpt-image-3'", """options = '{"quality": "high"}'""", "options = '{}'"]
)
def test_a_request_of_staff_stays_fixed_at_its_price(change: Change, values: str) -> None:
    change(GPT, f"{values}, credits = 6")
    assert prices(GPT) == {(None, None, None): 6}
    model = CatalogueModel.objects.with_prices().get(pk=GPT)
    assert (model.resolutions, model.qualities, model.default_quality) == ([], [], "")
    assert ModelPrice.objects.get(model_id=GPT).upstream_cost_cents is None


def test_the_image_size_of_staff_stays_fixed(change: Change) -> None:
    change(PRO, """options = '{"image_size": "2K"}'""")
    assert prices(PRO) == {(None, None, "default"): 12, (None, None, "deep"): 18}
    assert CatalogueModel.objects.get(pk=PRO).options == {"image_size": "2K"}


def test_another_request_has_an_unknown_cost(change: Change) -> None:
    change("google:gemini-2.5-flash-image", "upstream_id = 'gemini-3.1-flash-lite-image'")
    assert ModelPrice.objects.get(model_id="google:gemini-2.5-flash-image").upstream_cost_cents is None


def test_images_keep_their_prices(alice: User, change: Change) -> None:
    migrate()
    image = queued_image(alice)
    migrate(BEFORE)
    change(GPT, "credits = 50")
    image.refresh_from_db()
    assert (image.credit_cost, image.background, image.resolution) == (5, "opaque", None)


def test_the_way_back_restores_prices_and_requests(change: Change) -> None:
    change(FLASH, "deep_credits = 9")
    migrate(BEFORE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT model_id, credits, deep_credits, options::text FROM images_imagemodel ORDER BY position")
        rows = cursor.fetchall()
    assert rows == [
        ("openai:gpt-image-1.5", 3, None, '{"quality": "medium"}'),
        (GPT, 5, None, '{"quality": "medium"}'),
        ("google:gemini-2.5-flash-image", 3, None, "{}"),
        (FLASH, 5, 9, '{"image_size": "1K"}'),
        (PRO, 12, 18, '{"image_size": "1K"}'),
    ]
