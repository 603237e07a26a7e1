"""The margin of a model: the cost of each combination, unknown costs, and images of earlier releases."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from images.catalogue import prices
from images.models import CatalogueModel, Image, ModelPrice
from images.statistics import operations
from images.statistics.spend import Period
from tests.factories import finished_image

pytestmark = pytest.mark.django_db

MODEL = "openai:gpt-image-2"
CENT = Decimal(1)


def image(user: User, **options: Any) -> Image:
    made = finished_image(user)
    Image.objects.filter(pk=made.pk).update(credit_cost=10, **options)
    return made


def set_cost(cents: Decimal | None, **combination: str) -> None:
    assert ModelPrice.objects.filter(model_id=MODEL, **combination).update(upstream_cost_cents=cents) == 1


def figures() -> operations.ModelFigures:
    (row,) = operations.by_model(Period.of_last_days(2))
    return row


@pytest.fixture(autouse=True)
def _costs(db: None) -> None:
    ModelPrice.objects.filter(model_id=MODEL).update(upstream_cost_cents=None)
    set_cost(Decimal(1), quality="low", resolution="1K")
    set_cost(Decimal(5), quality="medium", resolution="1K")
    set_cost(Decimal(40), quality="high", resolution="4K")


def test_each_combination_has_its_own_cost(alice: User) -> None:
    image(alice, quality="low", resolution="1K")
    image(alice, quality="low", resolution="1K")
    image(alice, quality="medium", resolution="1K")
    image(alice, quality="high", resolution="4K")
    assert (figures().succeeded, figures().credits, figures().cost_cents) == (4, 40, Decimal(47))
    (margin,) = operations.margins([figures()], 2 * CENT)
    assert (margin.value, margin.cost, margin.margin) == (Decimal("0.8"), Decimal("0.47"), Decimal("0.33"))


def test_one_combination_of_unknown_cost_leaves_no_margin(alice: User) -> None:
    image(alice, quality="low", resolution="1K")
    image(alice, quality="high", resolution="2K")
    (margin,) = operations.margins([figures()], CENT)
    assert (margin.cost, margin.margin) == (None, None)


def test_an_unknown_cost_of_failed_images_only_does_not_matter(alice: User) -> None:
    image(alice, quality="low", resolution="1K")
    image(alice, quality="high", resolution="2K", status="failed")
    assert figures().cost_cents == Decimal(1)


def test_an_image_of_an_earlier_release_costs_the_default_combination(alice: User) -> None:
    old = image(alice, quality=None, resolution=None)
    assert CatalogueModel.objects.get(pk=MODEL).default_quality == "medium"
    assert figures().cost_cents == Decimal(5)
    assert prices.upstream_cost_cents(Image.objects.get(pk=old.pk)) == Decimal(5)


def test_a_model_that_is_no_longer_in_the_catalogue_has_no_margin(alice: User) -> None:
    gone = image(alice, model_id="compatible:gone")
    assert figures().cost_cents is None
    assert prices.upstream_cost_cents(Image.objects.get(pk=gone.pk)) is None
