"""Landing page and pricing page."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from billing.models import Pack
from images.models import CatalogueModel, ModelPrice
from tests.rendered import words
from tests.website.sign_in.steps import PASSWORD, SIGN_UP, VERIFY, code_in_mail

pytestmark = pytest.mark.django_db


def test_packs_and_images_per_pack_come_from_the_database(client: Client) -> None:
    Pack.objects.create(credits=1234, price_cents=4950)
    page = words(client.get("/pricing"))
    assert "$49.50" in page
    # With the cheapest models, which cost 3.
    assert "411 images" in page


def test_a_disabled_pack_is_not_shown(client: Client) -> None:
    Pack.objects.filter(credits=2000).update(enabled=False)
    assert "2,000 credits" not in words(client.get("/pricing"))


def test_deep_thinking_has_its_own_row(client: Client) -> None:
    page = words(client.get("/pricing"))
    assert (
        page.count("Deep thinking")
        == ModelPrice.objects.filter(thinking_level="deep").values("model").distinct().count()
        == 3
    )


def test_a_disabled_model_is_not_shown(client: Client) -> None:
    CatalogueModel.objects.filter(pk="openai:gpt-image-2").update(enabled=False)
    assert "openai:gpt-image-2" not in words(client.get("/pricing"))


def test_an_unavailable_model_is_marked(client: Client, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.OPENAI_API_KEY, settings.GEMINI_API_KEY = "off", "one", ""
    assert (
        words(client.get("/pricing")).count("Unavailable")
        == CatalogueModel.objects.filter(provider_id="google").count()
        == 5
    )


def test_a_pack_shows_its_lowest_and_highest_number_of_images(client: Client) -> None:
    page = words(client.get("/pricing"))
    # 500 credits at the highest price, 38 for gpt-image-2 in high quality and 4K, and at the lowest.
    assert "13 to 500 images, depending on model and options" in page


def test_every_price_of_a_model_with_options_is_in_its_table(client: Client) -> None:
    page = client.get("/pricing")
    tables = {item.model.pk: item.table for item in page.context["models"] if item.table}
    assert {model_id: sum(len(row.credits) for row in table.rows) for model_id, table in tables.items()} == {
        model.pk: model.prices.count() for model in CatalogueModel.objects.all() if model.prices.count() > 2
    }
    assert "Quality 1K 2K 4K Low 1 credit 1 credit 2 credits Medium 5 credits 8 credits 10 credits" in words(page)
    assert "Thinking 512 1K 2K 4K Standard 4 credits 5 credits" in words(page)


def test_a_combination_without_a_price_is_named_as_such(client: Client) -> None:
    ModelPrice.objects.filter(model_id="openai:gpt-image-2", quality="low", resolution="4K").delete()
    assert "not available Medium" in words(client.get("/pricing"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/", "gpt-image-2 1 to 38 credits with other options"),
        ("/docs/mcp", "Quality low, medium or high; resolution 1K, 2K or 4K; transparent background: 1 to 16 credits"),
        ("/llms.txt", "resolution 1K, 2K or 4K; credits by option: low, 1K: 1; low, 2K: 1; low, 4K: 2;"),
    ],
)
def test_pages_say_how_options_change_the_price(client: Client, path: str, text: str) -> None:
    assert text in " ".join(words(client.get(path)).split())


def test_the_commands_on_the_landing_page_are_those_of_the_clients(client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://images.example"
    page = words(client.get("/"))
    assert "claude mcp add --transport http --scope user" in page
    # The others sign in.
    assert page.count("Authorization") == 1
    assert "codex mcp add get-images --url https://images.example/api/mcp" in page
    assert page.count("https://images.example/api") == 4


def test_buying_leads_a_new_visitor_through_sign_up_to_checkout(client: Client, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_the_tests"
    pack = Pack.objects.get(credits=500)
    checkout = f"/dashboard/billing/buy/{pack.pk}/"
    assert f"/accounts/signup/?next={checkout}" in client.get("/pricing").content.decode()
    client.post(SIGN_UP, {"email": "new@example.com", "password1": PASSWORD, "next": checkout})
    assert client.post(VERIFY, {"code": code_in_mail()}).headers["Location"] == checkout


def test_a_signed_in_user_sees_a_link_to_the_dashboard(client: Client, alice: User) -> None:
    assert "Open dashboard" not in words(client.get("/"))
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    assert "Open dashboard" in words(client.get("/"))


def test_sign_up_credits_are_shown_if_configured(client: Client, settings: Any) -> None:
    assert "free credits" not in words(client.get("/"))
    settings.SIGNUP_CREDITS = 25
    assert "25 free credits to start" in words(client.get("/"))


@pytest.mark.parametrize(
    "path", ["/", "/pricing", "/models", "/status", "/docs/mcp", "/docs/mcp/cursor", "/docs/api", "/docs/openai"]
)
def test_a_link_to_a_public_page_has_a_preview(path: str, client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://images.example"
    page = client.get(path).content.decode()
    assert f'property="og:url" content="https://images.example{path}"' in page
    assert 'property="og:description" content=""' not in page
    assert 'property="og:image" content="https://images.example/static/samples/preview.jpg"' in page


@pytest.mark.parametrize("path", ["/", "/pricing", "/docs/mcp", "/docs/mcp/cursor"])
def test_public_pages_contain_no_inline_style_or_script(path: str, client: Client) -> None:
    page = client.get(path).content.decode()
    assert "style=" not in page
    assert "<script>" not in page
    assert "onclick" not in page


@pytest.mark.parametrize(("path", "queries"), [("/", 2), ("/pricing", 3), ("/models", 2), ("/docs/mcp", 2)])
def test_public_pages_take_few_queries(path: str, queries: int, client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(queries):
        client.get(path)


def test_every_model_is_described_and_has_a_sample(client: Client) -> None:
    page = client.get("/models")
    for card in page.context["cards"]:
        assert card.item.model.strengths
        assert card.samples, card.item.model
        assert f'id="{card.item.model.pk}"' in page.text
    assert len(page.context["cards"]) == CatalogueModel.objects.count()
    assert "Up to 14 images, with a mask" in words(page)


def test_the_page_of_models_follows_the_catalogue(client: Client, settings: Any) -> None:
    CatalogueModel.objects.filter(pk="openai:gpt-image-2").update(enabled=False)
    CatalogueModel.objects.filter(pk="openai:gpt-image-1.5").update(strengths="Postage stamps.")
    settings.SANDBOX_PROVIDERS, settings.OPENAI_API_KEY, settings.GEMINI_API_KEY = "off", "one", ""
    page = words(client.get("/models"))
    assert "openai:gpt-image-2 " not in page
    assert "Postage stamps." in page
    assert page.count("Unavailable") == CatalogueModel.objects.filter(provider_id="google").count()
    CatalogueModel.objects.update(enabled=False)
    assert "No models are available right now." in words(client.get("/models"))


@pytest.mark.parametrize("path", ["/", "/pricing", "/models", "/status"])
def test_footer_and_menu_lead_to_models_and_status(client: Client, path: str) -> None:
    page = client.get(path).text
    assert page.count('href="/models"') >= 3
    assert 'href="/status"' in page
