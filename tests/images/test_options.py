"""Options of a request: their prices are the listed ones, and what is not listed is refused without a charge."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import api_keys
from accounts.models import User
from billing.exceptions import InsufficientCredits
from billing.models import LedgerEntry
from images import generation, staff_actions
from images.exceptions import (
    IdempotencyConflict,
    ModelNotAllowed,
    PriceAboveLimit,
    TooManyRunning,
    UnsupportedOption,
    UnsupportedThinkingLevel,
)
from images.failures import ProviderFailed
from images.generation import GenerationReceipt
from images.library import listing
from images.models import CatalogueModel, Image, ModelPrice
from images.schemas import GenerationArguments, ModelResult
from images.worker import attempts
from tests.factories import balance, caller_of, set_price

pytestmark = pytest.mark.django_db

MODELS = (
    "openai:gpt-image-1.5",
    "openai:gpt-image-2",
    "openai:gpt-image-2.5-flare",
    "openai:gpt-image-2.5-sunburst",
    "google:gemini-2.5-flash-image",
    "google:gemini-3.1-flash-image-preview",
    "google:gemini-3-pro-image-preview",
    "google:gemini-nano-banana-2.1",
    "google:gemini-3.1-flash-lite-image",
)
FLARE, PRO, PLAIN = MODELS[2], MODELS[6], MODELS[0]
# By model: credits of quality, resolution, thinking level.
PRICES = {
    ("openai:gpt-image-1.5", None, None, None): 3,
    ("openai:gpt-image-2", "low", "1K", None): 1,
    ("openai:gpt-image-2", "medium", "1K", None): 5,
    ("openai:gpt-image-2", "high", "1K", None): 20,
    ("openai:gpt-image-2", "medium", "2K", None): 8,
    ("openai:gpt-image-2", "medium", "4K", None): 10,
    ("openai:gpt-image-2", "high", "4K", None): 38,
    ("openai:gpt-image-2.5-flare", "low", "1K", None): 1,
    ("openai:gpt-image-2.5-flare", "medium", "1K", None): 2,
    ("openai:gpt-image-2.5-flare", "high", "1K", None): 8,
    ("openai:gpt-image-2.5-flare", "medium", "4K", None): 4,
    ("openai:gpt-image-2.5-sunburst", "high", "1K", None): 8,
    ("google:gemini-2.5-flash-image", None, None, None): 3,
    ("google:gemini-3.1-flash-image-preview", None, "512", "default"): 4,
    ("google:gemini-3.1-flash-image-preview", None, "512", "deep"): 5,
    ("google:gemini-3.1-flash-image-preview", None, "1K", "default"): 5,
    ("google:gemini-3.1-flash-image-preview", None, "1K", "deep"): 7,
    ("google:gemini-3.1-flash-image-preview", None, "2K", "default"): 8,
    ("google:gemini-3.1-flash-image-preview", None, "4K", "default"): 12,
    ("google:gemini-3.1-flash-image-preview", None, "4K", "deep"): 16,
    ("google:gemini-3-pro-image-preview", None, "1K", "deep"): 18,
    ("google:gemini-3-pro-image-preview", None, "4K", "default"): 22,
    ("google:gemini-3-pro-image-preview", None, "4K", "deep"): 33,
    ("google:gemini-nano-banana-2.1", None, "1K", "default"): 3,
    ("google:gemini-nano-banana-2.1", None, "1K", "deep"): 5,
    ("google:gemini-nano-banana-2.1", None, "2K", "default"): 5,
    ("google:gemini-nano-banana-2.1", None, "4K", "deep"): 12,
    ("google:gemini-3.1-flash-lite-image", None, "1K", None): 3,
}
OPTIONS = st.fixed_dictionaries(
    {"modelId": st.sampled_from(MODELS)},
    optional={
        "resolution": st.sampled_from(["512", "1K", "2K", "4K"]),
        "quality": st.sampled_from(["low", "medium", "high"]),
        "thinkingLevel": st.sampled_from(["default", "deep"]),
        "background": st.sampled_from(["opaque", "transparent"]),
        "outputFormat": st.sampled_from(["png", "webp"]),
    },
)


def request_image(user: User, **fields: Any) -> GenerationReceipt:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": FLARE, **fields})
    return generation.request(caller_of(user), arguments)


def listed(user: User) -> dict[str, ModelResult]:
    return {model.model_id: model for model in listing.list_models(caller_of(user)).models}


def listed_price(model: ModelResult, options: dict[str, str]) -> int | None:
    """Return the price of the only listed combination that fits the options, or None if the list has none."""
    if options.get("background", "opaque") not in model.backgrounds:
        return None
    if options.get("resolution", "1K") not in (model.resolutions or ["1K"]):
        return None
    fixed_quality = "medium" if model.model_id == PLAIN else None
    if options.get("quality") not in {None, fixed_quality, *model.qualities}:
        return None
    if options.get("thinkingLevel", "default") not in (model.thinking_levels or ["default"]):
        return None
    defaults = {"quality": "medium", "resolution": "1K", "thinking_level": "default"}
    names = {"quality": "quality", "resolution": "resolution", "thinking_level": "thinkingLevel"}
    (credits,) = (
        price.credits
        for price in model.prices
        if all(getattr(price, name) in {None, options.get(names[name], default)} for name, default in defaults.items())
    )
    return credits


@pytest.mark.parametrize(("combination", "credits"), PRICES.items())
def test_the_shipped_prices(combination: tuple[str, ...], credits: int) -> None:
    model_id, quality, resolution, level = combination
    price = ModelPrice.objects.get(model_id=model_id, quality=quality, resolution=resolution, thinking_level=level)
    assert price.credits == credits
    assert price.upstream_cost_cents is not None


def test_every_price_has_a_cost() -> None:
    assert not ModelPrice.objects.filter(upstream_cost_cents=None).exists()


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(options=OPTIONS)
def test_the_listed_price_is_charged_and_anything_else_is_refused(alice: User, options: dict[str, str]) -> None:
    with transaction.atomic():
        price = listed_price(listed(alice)[options["modelId"]], options)
        before = balance(alice)
        if price is None:
            with pytest.raises((UnsupportedOption, UnsupportedThinkingLevel)):
                request_image(alice, **options)
            assert balance(alice) == before
        else:
            receipt = request_image(alice, **options)
            assert (receipt.image.credit_cost, receipt.balance) == (price, before - price)
        transaction.set_rollback(True)


def test_omitted_options_have_the_defaults(alice: User) -> None:
    image = request_image(alice).image
    assert (image.resolution, image.quality, image.background, image.output_format) == ("1K", "medium", "opaque", None)
    plain = request_image(alice, modelId=PLAIN, resolution="1K").image
    assert (plain.resolution, plain.quality) == (None, None)


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({}, f"Image with {FLARE}"),
        ({"quality": "medium", "resolution": "1K", "background": "transparent"}, f"Image with {FLARE}"),
        ({"quality": "high", "resolution": "4K"}, f"Image with {FLARE} (high, 4K)"),
        ({"modelId": PRO, "resolution": "2K", "thinkingLevel": "deep"}, f"Image with {PRO} (2K, deep)"),
    ],
)
def test_the_ledger_names_the_choices_that_set_the_price(alice: User, fields: dict[str, Any], description: str) -> None:
    image = request_image(alice, **fields).image
    assert LedgerEntry.objects.get(reference_id=image.id).description == description


def test_a_retry_by_staff_has_the_same_options(alice: User) -> None:
    options = {"quality": "low", "resolution": "2K", "background": "transparent", "outputFormat": "webp"}
    image = request_image(alice, **options).image
    attempts.end(image.id, ProviderFailed("It broke."))
    again = staff_actions.retry_image(image.id).image
    names = ("quality", "resolution", "background", "output_format", "credit_cost")
    assert [getattr(again, name) for name in names] == [getattr(image, name) for name in names]


REFUSED = {
    "resolution": (
        {"modelId": FLARE, "resolution": "512"},
        "Supported: 1K, 2K, 4K. Models with resolution 512: google:gemini-3.1-flash-image-preview.",
    ),
    "resolution of a model without a choice": (
        {"modelId": PLAIN, "resolution": "4K"},
        f"{PLAIN} doesn't support resolution 4K. Supported: 1K. Models with resolution 4K: openai:gpt-image-2, ",
    ),
    "quality": (
        {"modelId": PRO, "quality": "low"},
        f"{PRO} doesn't support quality low. Omit quality. Models with quality low: openai:gpt-image-2, ",
    ),
    "background": (
        {"modelId": PRO, "background": "transparent"},
        "Supported: opaque. Models with background transparent: openai:gpt-image-2.5-flare, openai:gpt-image-2.5-",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_names_the_models_own_values_and_other_models(alice: User, name: str) -> None:
    fields, message = REFUSED[name]
    with pytest.raises(UnsupportedOption) as refused:
        request_image(alice, **fields)
    assert message in refused.value.message
    assert balance(alice) == 100


def test_other_models_are_named_only_if_they_are_available(alice: User) -> None:
    CatalogueModel.objects.exclude(pk__in=[PRO, FLARE]).update(enabled=False)
    with pytest.raises(UnsupportedOption, match=f"Models with background transparent: {FLARE}\\."):
        request_image(alice, modelId=PRO, background="transparent")
    CatalogueModel.objects.filter(pk=FLARE).update(enabled=False)
    with pytest.raises(UnsupportedOption, match="No model has background transparent"):
        request_image(alice, modelId=PRO, background="transparent")


def test_a_combination_without_a_price_is_refused_with_those_that_have_one(alice: User) -> None:
    ModelPrice.objects.filter(model_id=FLARE).exclude(resolution="1K").exclude(quality="low").delete()
    with pytest.raises(UnsupportedOption, match="Supported: low, 1K; low, 2K; low, 4K; medium, 1K; high, 1K"):
        request_image(alice, quality="high", resolution="4K")
    assert balance(alice) == 100


def test_a_model_without_its_default_price_is_neither_listed_nor_available(alice: User) -> None:
    ModelPrice.objects.filter(model_id=FLARE, quality="medium").delete()
    assert FLARE not in listed(alice)


@pytest.mark.parametrize(("limit", "is_accepted"), [(1, False), (2, True), (2**31 - 1, True)])
def test_a_price_above_the_limit_is_refused(alice: User, limit: int, *, is_accepted: bool) -> None:
    if is_accepted:
        assert request_image(alice, maxCredits=limit).image.credit_cost == 2
    else:
        with pytest.raises(PriceAboveLimit, match="costs 2 credits, more than maxCredits \\(1\\)"):
            request_image(alice, maxCredits=limit)
        assert balance(alice) == 100


CHANGES: list[dict[str, Any]] = [
    {"resolution": "2K"},
    {"quality": "high"},
    {"background": "transparent"},
    {"outputFormat": "png"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_key_with_another_option_is_a_conflict(alice: User, change: dict[str, Any]) -> None:
    request_image(alice, idempotencyKey="k")
    with pytest.raises(IdempotencyConflict):
        request_image(alice, idempotencyKey="k", **change)


@pytest.mark.parametrize("change", [{"resolution": "4K"}, {"quality": "high"}, {"thinkingLevel": "deep"}])
def test_the_same_key_is_a_conflict_also_where_the_model_has_no_choice(alice: User, change: dict[str, Any]) -> None:
    first = request_image(alice, modelId=PLAIN, idempotencyKey="k")
    with pytest.raises(IdempotencyConflict):
        request_image(alice, modelId=PLAIN, idempotencyKey="k", **change)
    explicit = request_image(alice, modelId=PLAIN, idempotencyKey="k", quality="medium", resolution="1K")
    assert explicit.image.id == first.image.id


def test_a_model_with_a_fixed_quality_takes_this_one_only(alice: User) -> None:
    assert request_image(alice, modelId=PLAIN, quality="medium").image.credit_cost == 3
    with pytest.raises(UnsupportedOption):
        request_image(alice, modelId=PLAIN, quality="high")


def request_several(user: User, count: int, **fields: Any) -> list[GenerationReceipt]:
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": FLARE, **fields})
    return generation.request_all(caller_of(user), arguments, count)


def test_several_images_are_replayed_together_or_not_at_all(alice: User) -> None:
    images = [receipt.image.id for receipt in request_several(alice, 3, idempotencyKey="k")]
    again = request_several(alice, 3, idempotencyKey="k")
    assert ([receipt.image.id for receipt in again], {receipt.replayed for receipt in again}) == (images, {True})
    for count in (1, 2, 4):
        with pytest.raises(IdempotencyConflict):
            request_several(alice, count, idempotencyKey="k")
    assert balance(alice) == 94


def test_errors_about_several_images_name_their_total(alice: User, settings: Any) -> None:
    set_price(FLARE, 30)
    with pytest.raises(InsufficientCredits, match="costs 120 credits and the balance is 100"):
        request_several(alice, 4)
    settings.MAX_RUNNING_PER_USER = 3
    with pytest.raises(TooManyRunning):
        request_several(alice, 4)
    assert (balance(alice), Image.objects.count()) == (100, 0)


SAME: list[dict[str, Any]] = [
    {"resolution": "1K"},
    {"quality": "medium"},
    {"background": "opaque"},
    {"maxCredits": 1},
    {"maxCredits": 100},
]


@pytest.mark.parametrize("change", SAME)
def test_explicit_defaults_and_a_limit_are_the_same_request(alice: User, change: dict[str, Any]) -> None:
    first = request_image(alice, idempotencyKey="k")
    second = request_image(alice, idempotencyKey="k", **change)
    assert (second.image.id, second.replayed, second.balance) == (first.image.id, True, 98)


def test_an_image_of_an_earlier_release_is_replayed(alice: User) -> None:
    first = request_image(alice, idempotencyKey="k")
    Image.objects.update(resolution=None, quality=None)
    assert request_image(alice, idempotencyKey="k", quality="medium").image.id == first.image.id
    with pytest.raises(IdempotencyConflict):
        request_image(alice, idempotencyKey="k", quality="high")


def test_an_option_is_checked_before_the_keys_models_and_the_price(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Narrow", allowed_models=[PRO])
    fields = {"prompt": "a lake", "modelId": PLAIN, "maxCredits": 1}
    with pytest.raises(UnsupportedOption):
        generation.request(caller_of(alice, key), GenerationArguments.model_validate({**fields, "resolution": "4K"}))
    with pytest.raises(ModelNotAllowed):
        generation.request(caller_of(alice, key), GenerationArguments.model_validate(fields))


@pytest.fixture
def _priced_above_the_balance(alice: User) -> Iterator[None]:
    set_price(FLARE, 101)
    yield
    assert balance(alice) == 100


@pytest.mark.usefixtures("_priced_above_the_balance")
def test_the_limit_is_checked_before_the_balance(alice: User) -> None:
    with pytest.raises(PriceAboveLimit):
        request_image(alice, maxCredits=100)
    with pytest.raises(InsufficientCredits):
        request_image(alice)
