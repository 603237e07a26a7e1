"""The composer's options without a browser: rendered where a model has them, requested, priced and refused."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from images import generation
from images.models import CatalogueModel, Image, ModelPrice
from images.schemas import GenerationArguments
from tests.factories import MODEL, balance, caller_of, complete
from tests.rendered import words
from tests.website.dashboard.test_generate import HTMX, PATH, form
from website.dashboard.generate import choices
from website.dashboard.generate.choices import Control

pytestmark = pytest.mark.django_db

PRO = "google:gemini-3-pro-image-preview"
FLARE = "openai:gpt-image-2.5-flare"
LITE = "google:gemini-3.1-flash-lite-image"
DEFAULTS = {"thinking_level": "default", "background": "opaque", "aspect_ratio": "1:1"}


def rendered(client: Client, model_id: str) -> dict[str, list[str]]:
    """Return the values that the page shows by option, for a form that is submitted with this model."""
    response = client.post(PATH, form(client, model_id=model_id, update_price="yes"))
    controls: list[Control] = response.context["controls"]
    html = response.content.decode()
    for control in controls:
        hidden = re.search(rf'data-option="{control.kind.name}"[^>]* hidden>', html)
        assert bool(hidden) is not control.is_offered
    return {
        control.kind.name: [choice.value for choice in control.choices if choice.is_offered] for control in controls
    }


@pytest.mark.parametrize(
    ("model_id", "quality", "resolution", "thinking", "background"),
    [
        ("openai:gpt-image-1.5", [], [], [], []),
        (MODEL, ["low", "medium", "high"], ["1K", "2K", "4K"], [], []),
        (FLARE, ["low", "medium", "high"], ["1K", "2K", "4K"], [], ["opaque", "transparent"]),
        (PRO, [], ["1K", "2K", "4K"], ["default", "deep"], []),
        # It has one resolution, which leaves no choice.
        (LITE, [], [], [], []),
    ],
)
def test_options_are_shown_only_where_the_model_has_them(
    alice_client: Client,
    model_id: str,
    quality: list[str],
    resolution: list[str],
    thinking: list[str],
    background: list[str],
) -> None:
    assert rendered(alice_client, model_id) == {
        "quality": quality,
        "resolution": resolution,
        "thinking_level": thinking,
        "background": background,
        "output_format": ["", "png", "jpeg", "webp"],
    }


def test_only_the_ratios_of_the_model_are_shown(alice_client: Client) -> None:
    for model in CatalogueModel.objects.all():
        page = alice_client.post(PATH, form(alice_client, model_id=model.pk, update_price="yes"))
        shown = [choice.value for choice in page.context["ratios"].choices if choice.is_offered]
        assert sorted(shown) == sorted(model.aspect_ratios)


def test_every_combination_of_every_model_is_charged_as_displayed(alice_client: Client) -> None:
    rows = json.loads(alice_client.get(PATH).context["prices"])
    assert {(model_id, *row) for model_id, model_rows in rows.items() for row in model_rows} == set(
        ModelPrice.objects.values_list("model_id", "quality", "resolution", "thinking_level", "credits")
    )


@pytest.mark.parametrize(
    ("fields", "credits"),
    [
        ({"model_id": MODEL, "quality": "low"}, 1),
        ({"model_id": MODEL, "quality": "high", "resolution": "4K"}, 38),
        ({"model_id": PRO, "resolution": "4K", "thinking_level": "deep"}, 33),
        ({"model_id": FLARE, "background": "transparent", "output_format": "webp"}, 2),
        # A hidden control is submitted with a value of another model.
        ({"model_id": "openai:gpt-image-1.5", "quality": "high", "resolution": "4K"}, 3),
        ({"model_id": PRO, "quality": "high", "resolution": "2K"}, 12),
    ],
)
def test_options_are_requested_at_their_price(
    alice_client: Client, alice: User, fields: dict[str, str], credits: int
) -> None:
    assert alice_client.post(PATH, form(alice_client, **fields)).status_code == 302
    image = Image.objects.get()
    assert balance(alice) == 100 - credits == 100 - image.credit_cost
    assert (image.background, image.output_format) == (
        fields.get("background", "opaque"),
        fields.get("output_format"),
    )


def test_a_price_of_one_combination_that_changed_requires_confirmation(alice_client: Client, alice: User) -> None:
    data = form(alice_client, quality="high", resolution="4K")
    ModelPrice.objects.filter(model_id=MODEL, quality="high", resolution="4K").update(credits=39)
    assert "This image now costs 39 credits" in words(alice_client.post(PATH, data))
    assert alice_client.post(PATH, {**data, "resolution": "2K"}).status_code == 302
    assert balance(alice) == 71


def test_without_a_script_only_a_price_in_view_is_charged(alice_client: Client, alice: User) -> None:
    data = form(alice_client, quality="high", shown_price="5")
    response = alice_client.post(PATH, data)
    assert response.status_code == 409
    assert "Check the price This image costs 20 credits. Nothing was charged." in words(response)
    assert "Will use 20 of 100 credits for gpt-image-2, high quality" in words(response)
    assert '<input type="hidden" name="shown_price" value="20">' in response.content.decode()
    assert balance(alice) == 100
    assert alice_client.post(PATH, {**data, "shown_price": "20"}).status_code == 302
    # The list of models shows this one.
    assert alice_client.post(PATH, form(alice_client, model_id=PRO, thinking_level="deep", shown_price="5"))
    assert balance(alice) == 62


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"model_id": MODEL, "quality": "ultra"}, "Choose one of the qualities below."),
        ({"model_id": MODEL, "resolution": "8K"}, "Choose one of the resolutions below."),
        ({"model_id": FLARE, "background": "pink"}, "Choose an opaque or a transparent background."),
        ({"model_id": MODEL, "output_format": "gif"}, "Choose one of the formats below."),
        (
            {"model_id": FLARE, "background": "transparent", "output_format": "jpeg"},
            "JPEG can't be transparent. Choose PNG or WebP, or an opaque background.",
        ),
        ({"model_id": PRO, "resolution": "512"}, "doesn't support resolution 512. Supported: 1K, 2K, 4K."),
        ({"model_id": MODEL, "background": "transparent"}, "doesn't support background transparent."),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_invalid_option_is_explained_and_charges_nothing(
    alice_client: Client, alice: User, fields: dict[str, str], text: str, headers: dict[str, str]
) -> None:
    response = alice_client.post(PATH, form(alice_client, **fields), **headers)  # type: ignore[arg-type]
    assert text in words(response)
    assert balance(alice) == 100


def test_a_value_that_the_model_lacks_is_replaced_visibly(alice_client: Client) -> None:
    data = form(alice_client, model_id=PRO, resolution="512", aspect_ratio="8:1", update_price="yes")
    page = words(alice_client.post(PATH, data))
    assert "This model doesn't support resolution 512. Resolution is now 1K." in page
    assert "This model doesn't support 8:1. Aspect ratio is now 1:1." in page
    lost = form(alice_client, background="transparent", update_price="yes")
    assert "doesn't support a transparent background. Background is now Opaque." in words(alice_client.post(PATH, lost))


def test_a_combination_that_staff_removed_has_no_price(alice_client: Client, alice: User) -> None:
    data = form(alice_client, quality="high", resolution="4K")
    ModelPrice.objects.filter(model_id=MODEL, quality="high", resolution="4K").delete()
    response = alice_client.post(PATH, data)
    assert response.status_code == 422
    assert "gpt-image-2 doesn't support this combination of options." in words(response)
    assert balance(alice) == 100


def test_reusing_settings_restores_every_option(alice_client: Client, alice: User) -> None:
    arguments = {"prompt": "a boat", "modelId": FLARE, "quality": "high", "resolution": "2K"}
    arguments |= {"background": "transparent", "outputFormat": "webp", "aspectRatio": "4:5"}
    image = generation.request(caller_of(alice), GenerationArguments.model_validate(arguments)).image
    composer = alice_client.get(PATH, {"like": str(image.pk)}).context["composer"]
    assert composer.selected == {
        **DEFAULTS,
        "quality": "high",
        "resolution": "2K",
        "background": "transparent",
        "output_format": "webp",
        "aspect_ratio": "4:5",
    }


def test_an_error_keeps_the_options(alice_client: Client) -> None:
    data = form(alice_client, prompt=" ", quality="high", resolution="4K", output_format="png")
    composer = alice_client.post(PATH, data).context["composer"]
    assert (composer.quality, composer.resolution, composer.output_format) == ("high", "4K", "png")


def test_pages_name_the_unusual_options_of_an_image(alice_client: Client) -> None:
    fields = {"model_id": FLARE, "quality": "high", "resolution": "2K", "background": "transparent"}
    alice_client.post(PATH, form(alice_client, **fields))
    image = complete(Image.objects.get())
    path = f"/dashboard/images/{image.pk}/"
    named = "high quality, 2K, transparent"
    assert "gpt-image-2.5-flare · 3:2 · high quality · 2K · transparent" in words(
        alice_client.get(PATH, {"image": str(image.pk)})
    )
    assert f"gpt-image-2.5-flare, {named}" in words(alice_client.get("/dashboard/images/"))
    assert f"gpt-image-2.5-flare, 3:2, {named}" in words(alice_client.get("/dashboard/usage/"))
    assert "Quality High Resolution 2K Background Transparent" in words(alice_client.get(path))
    assert "Content credentials No" in words(alice_client.get(path))
    Image.objects.update(has_content_credentials=True)
    assert "Content credentials Yes (C2PA)" in words(alice_client.get(path))


def test_the_style_sheet_knows_every_value() -> None:
    """Without a script, the style sheet shows what the selected model offers."""
    styles = Path("static/css/generate.css").read_text()
    values = [(kind.name, value) for kind in choices.KINDS[:2] for value in kind.values]
    values += [(choices.RATIO.name, value) for value in choices.RATIOS]
    assert [value for name, value in values if f'[data-offers~="{name}-{value}"]' not in styles] == []
