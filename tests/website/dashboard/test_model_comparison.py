"""Compare models: the price before, one charge for each model, all or none, and the images side by side."""

import json
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing.models import LedgerEntry
from images.models import CatalogueModel, Image
from tests.factories import balance, complete, finished_image, set_price
from tests.rendered import words

pytestmark = pytest.mark.django_db

PATH = "/dashboard/generate/compare/"
MODELS = ("openai:gpt-image-2", "google:gemini-3-pro-image-preview", "openai:gpt-image-1.5")
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


def form(client: Client, *models: str, **values: str) -> dict[str, Any]:
    """Return the fields of a form that was just shown."""
    context = client.get(PATH).context
    fields = {"nonce": context["form"].nonce, "prices": context["prices"], "prompt": "a quiet lake"}
    return {**fields, "aspect_ratio": "3:2", "model_id": models or MODELS, **values}


def charges() -> list[int]:
    return sorted(LedgerEntry.objects.filter(type="generation").values_list("amount", flat=True))


def test_every_model_is_charged_once_even_if_the_form_is_sent_twice(alice_client: Client, alice: User) -> None:
    fields = form(alice_client)
    prices = json.loads(fields["prices"])
    total = sum(prices[model] for model in MODELS)
    first, second = alice_client.post(PATH, fields), alice_client.post(PATH, fields)
    assert first.headers["Location"] == second.headers["Location"]
    assert charges() == sorted(-prices[model] for model in MODELS)
    assert balance(alice) == 100 - total
    page = alice_client.get(first.headers["Location"])
    assert f"Run again for {total} credits" in words(page)
    assert [image.model_id for image in page.context["images"]] == list(MODELS)
    again = {**form(alice_client), "nonce": page.context["form"].nonce, "prices": page.context["prices"]}
    alice_client.post(PATH, again)
    assert len(charges()) == 6


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model_id": MODELS[0]}, "Select 2 to 4 models."),
        ({"model_id": [*MODELS, "google:gemini-2.5-flash-image", "x"]}, "Select 2 to 4 models."),
        ({"prompt": "  "}, "Enter a prompt"),
        ({"aspect_ratio": "7:5"}, "Choose one of the aspect ratios below."),
        ({"model_id": [MODELS[0], "x"]}, "Unknown model."),
        ({"prices": "{}"}, "The price has changed"),
        ({"prices": "nonsense"}, "The price has changed"),
    ],
)
def test_a_mistake_charges_nothing(alice_client: Client, alice: User, values: dict[str, Any], message: str) -> None:
    response = alice_client.post(PATH, {**form(alice_client), **values})
    assert message in words(response)
    assert "Nothing was charged." in words(response)
    assert (response.status_code >= 400, charges(), balance(alice)) == (True, [], 100)


def test_a_changed_price_or_a_missing_model_charges_none_of_them(alice_client: Client, alice: User) -> None:
    fields = form(alice_client)
    set_price(MODELS[2], 4)
    assert "The price has changed" in words(alice_client.post(PATH, fields))
    fields = form(alice_client)
    CatalogueModel.objects.filter(pk=MODELS[2]).update(enabled=False)
    assert alice_client.post(PATH, fields).status_code == 503
    assert (charges(), Image.objects.count(), balance(alice)) == ([], 0, 100)


def test_too_few_credits_name_the_total(alice_client: Client, alice: User) -> None:
    set_price(MODELS[0], 60)
    set_price(MODELS[1], 50)
    response = alice_client.post(PATH, form(alice_client, *MODELS[:2]))
    assert "These images cost 110 credits and you have 100." in words(response)
    assert (charges(), balance(alice)) == ([], 100)


def test_the_results_update_and_name_the_cheapest(alice_client: Client, alice: User) -> None:
    url = alice_client.post(PATH, form(alice_client, *MODELS[:2])).headers["Location"]
    version = alice_client.get(url, **HTMX).context["version"]
    assert alice_client.get(f"{url}&seen={version}", **HTMX).status_code == 204
    for image in Image.objects.all():
        complete(image)
    page = alice_client.get(f"{url}&seen={version}", **HTMX)
    assert "heapest" in words(page)
    assert "17 credits charged, 83 left." in words(page)


def test_images_of_another_user_are_not_found(alice_client: Client, bob: User) -> None:
    image = finished_image(bob)
    assert alice_client.get(PATH, {"image": str(image.pk)}).status_code == 404
    assert alice_client.get(PATH, {"like": str(image.pk)}).status_code == 404


def shown_prices(client: Client, *models: str, **options: str) -> dict[str, Any]:
    """Return the fields of a form whose prices are those of the options, as a script or the button fetches them."""
    fields = form(client, *models, **options)
    return {**fields, "prices": client.post(PATH, {**fields, "update_price": "yes"}, **HTMX).context["prices"]}


@pytest.mark.parametrize(
    ("models", "options"),
    [
        (("openai:gpt-image-2", "openai:gpt-image-2.5-flare"), {"quality": "high"}),
        (("google:gemini-3-pro-image-preview", "google:gemini-3.1-flash-image-preview"), {"resolution": "4K"}),
        (("openai:gpt-image-2.5-flare", "openai:gpt-image-2.5-sunburst"), {"background": "transparent"}),
        (("openai:gpt-image-1.5", "google:gemini-2.5-flash-image"), {"output_format": "webp"}),
    ],
)
def test_every_model_makes_the_chosen_options_at_the_price_shown(
    alice_client: Client, alice: User, models: tuple[str, ...], options: dict[str, str]
) -> None:
    fields = shown_prices(alice_client, *models, **options)
    prices = json.loads(fields["prices"])
    url = alice_client.post(PATH, fields).headers["Location"]
    assert charges() == sorted(-prices[model] for model in models)
    ((name, value),) = options.items()
    assert {getattr(image, name) for image in Image.objects.all()} == {value}
    again = alice_client.get(url).context
    assert (getattr(again["form"], name), again["cost"]) == (value, sum(prices[model] for model in models))


def test_a_model_without_a_chosen_option_says_so_before_anything_is_charged(alice_client: Client, alice: User) -> None:
    fields = form(alice_client, "openai:gpt-image-2", "openai:gpt-image-1.5", quality="high", resolution="2K")
    page = alice_client.post(PATH, {**fields, "update_price": "yes"})
    assert "gpt-image-1.5 doesn't support resolution 2K" in words(page)
    assert "openai:gpt-image-1.5" not in json.loads(page.context["prices"])
    refused = alice_client.post(PATH, {**fields, "prices": page.context["prices"]})
    assert refused.status_code == 422
    assert "gpt-image-1.5 doesn't support resolution 2K. Nothing was charged." in words(refused)
    assert (charges(), balance(alice)) == ([], 100)


def test_a_price_of_other_options_is_not_charged(alice_client: Client, alice: User) -> None:
    models = ("openai:gpt-image-2", "openai:gpt-image-2.5-flare")
    response = alice_client.post(PATH, form(alice_client, *models, quality="high"))
    assert "The price has changed" in words(response)
    assert (charges(), balance(alice)) == ([], 100)
    charged = {**form(alice_client, *models, quality="high"), "prices": response.context["prices"]}
    assert alice_client.post(PATH, charged).status_code == 302


def test_the_default_quality_of_each_model_is_not_a_choice(alice_client: Client, alice: User) -> None:
    url = alice_client.post(PATH, form(alice_client, "openai:gpt-image-2", "openai:gpt-image-2.5-flare"))["Location"]
    assert alice_client.get(url).context["form"].quality == ""


def test_invalid_options_charge_nothing(alice_client: Client, alice: User) -> None:
    for options in ({"quality": "best"}, {"background": "transparent", "output_format": "jpeg"}):
        models = ("openai:gpt-image-2.5-flare", "openai:gpt-image-2.5-sunburst")
        assert "Nothing was charged." in words(alice_client.post(PATH, shown_prices(alice_client, *models, **options)))
    assert (charges(), balance(alice)) == ([], 100)
