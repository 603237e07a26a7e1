"""The pages below /docs/mcp, /llms.txt, robots.txt and the favicon."""

from typing import Any, Final

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import ApiKey, User
from images.models import CatalogueModel, ModelPrice
from mcp_gateway.prompts.declarations import PROMPTS
from mcp_gateway.tools.declarations import DECLARATIONS
from tests.accounts.oauth.steps import connect, create_client
from tests.factories import create_user, set_price
from tests.rendered import words
from website.docs import clients, error_codes

pytestmark = pytest.mark.django_db

# Facts of the guide, beside those of the tools and clients.
FACTS: Final = (
    *(
        "Streamable HTTP",
        "Authorization: Bearer sk_…",
        "is shown only once",
        "revoke it without affecting your other keys",
    ),
    *("The same keys work with the REST API", "How many credits do I have", "The first two are free"),
    *("for 15 minutes, without a key or a header", "An expired or modified link returns 404"),
    *("To get a new link to the same image, call getimages_get_image", "curl -o picture.png", "Invoke-WebRequest -Uri"),
    *("An agent that can fetch URLs", "more than 60 requests in a minute", "missing_key", "invalid_key"),
    *("revoked_key", "expired_key", "Restart it, or run its command", "reject prompts about real public figures"),
    *("Rephrase the prompt and try again", "Some clients show only text", "Claude Code, Claude Desktop, Cursor or Zed"),
    *("Larger models and deep thinking", "openai:gpt-image-1.5, google:gemini-2.5-flash-image, "),
    "openai:gpt-image-2.5-flare and google:gemini-3.1-flash-lite-image take seconds",
    *("waits up to 13 minutes", "reports progress at least every 10 seconds", "MCP_TOOL_TIMEOUT=900000"),
    *("All tool names start with getimages_", "an image block: the stored bytes in base64 with their mimeType"),
    *("structuredContent doesn't repeat the bytes", "Have the agent ask before it spends credits"),
    *("Keep it out of chats, repositories", "Replace a key that may have leaked", "Give each machine or agent its own"),
    *("Don't share links to pictures", "Every charge is recorded", "how many images a pack buys"),
    "MCP, the REST API and the dashboard share one balance",
    *("ui://get-images/viewer", "The viewer shows the price before you select the button"),
    *("getimages://images/{id} is the stored file", "getimages://images/{id}/thumbnail is a small WebP"),
    *(
        "Make a logo as a PNG with a transparent background. States the price first.",
        "Arguments: imageId, instruction, modelId (optional).",
    ),
)


@pytest.mark.parametrize("slug", clients.BY_SLUG)
def test_every_client_has_a_page_with_the_url_of_this_site(slug: str, client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://images.example"
    page = client.get(f"/docs/mcp/{slug}")
    assert page.status_code == 200
    assert "https://images.example/api" in page.content.decode()


def test_an_unknown_client_has_no_page(client: Client) -> None:
    assert client.get("/docs/mcp/netscape").status_code == 404


def test_llms_txt_has_the_resources_and_prompts(client: Client) -> None:
    text = client.get("/llms.txt").content.decode()
    assert "getimages://images/{id}/thumbnail" in text
    for prompt in PROMPTS.values():
        assert f"- Prompt {prompt.name}: {prompt.description} Arguments: {prompt.arguments[0].name}" in text


def test_every_tool_and_each_of_its_fields_is_described(client: Client) -> None:
    page = words(client.get("/docs/mcp"))
    for tool in DECLARATIONS:
        assert tool["name"] in page
        assert all(name in page for name in tool["inputSchema"]["properties"])
        assert all(name in page for name in tool["outputSchema"]["properties"])


def test_the_guide_has_every_fact(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 60
    page = words(client.get("/docs/mcp"))
    assert [fact for fact in FACTS if fact not in page] == []


def test_every_tool_error_is_listed_with_an_example_message(client: Client) -> None:
    page = words(client.get("/docs/mcp"))
    for error_class in error_codes.TOOL_ERRORS:
        assert error_class.code in page
    assert "Rephrase the prompt and try again; your credits were refunded." in page


@pytest.mark.parametrize("slug", ["zed", "cursor", "vs-code", "codex-cli"])
def test_the_page_explains_how_its_snippets_refer_to_the_key(slug: str, client: Client) -> None:
    placeholder, variable = {"zed": (True, False), "cursor": (False, True), "vs-code": (False, False)}.get(
        slug, (True, True)
    )
    page = words(client.get(f"/docs/mcp/{slug}"))
    assert ("Replace YOUR_API_KEY with your key" in page) is placeholder
    assert ("read the key from that environment variable" in page) is variable


@pytest.mark.parametrize("path", ["/docs/mcp", "/llms.txt", "/pricing"])
def test_prices_come_from_the_catalogue(path: str, client: Client) -> None:
    set_price("openai:gpt-image-2", 4321)
    assert "4321" in client.get(path).content.decode()


def test_a_user_without_keys_sees_a_link_to_create_one(client: Client, alice: User) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    page = words(client.get("/docs/mcp"))
    assert "Not connected yet" in page
    assert "First, create a key" in page


def test_a_connected_app_is_no_key(client: Client, alice: User) -> None:
    connect(alice, create_client())
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    page = words(client.get("/docs/mcp"))
    assert "Waiting for the first call" in page
    assert "First, create a key" in page


def test_the_connection_shows_an_unused_key_and_then_its_use(client: Client, alice: User) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    key, _ = api_keys.create(alice, name="Laptop")
    assert "Waiting for the first call" in words(client.get("/docs/mcp"))
    ApiKey.objects.filter(pk=key.pk).update(last_used_at="2026-11-01T10:00Z", last_used_client="claude-code/2.1")
    connected = words(client.get("/docs/mcp/connection"))
    assert "Connected" in connected
    assert "Claude Code" in connected


def test_many_keys_need_no_more_queries(client: Client, alice: User, django_assert_num_queries: Any) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    for number in range(20):
        api_keys.create(alice, name=f"Machine {number}")
    # Session, user, keys, the last used one, models, their prices, balance.
    with django_assert_num_queries(7):
        client.get("/docs/mcp")


def test_the_connection_is_404_when_signed_out(client: Client) -> None:
    assert client.get("/docs/mcp/connection").status_code == 404


def test_llms_txt_names_the_tools_the_models_and_every_page(client: Client) -> None:
    response = client.get("/llms.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    text = response.content.decode()
    assert all(tool["name"] in text for tool in DECLARATIONS)
    assert all(model.model_id in text for model in CatalogueModel.objects.all())
    assert all(f"/docs/mcp/{slug}" in text for slug in clients.BY_SLUG)
    assert "&" not in text


def test_robots_txt_disallows_private_paths(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert {"Disallow: /dashboard/", "Disallow: /accounts/", "Disallow: /i/", "Disallow: /api/"} <= set(lines)


def test_favicon_ico_redirects_to_the_static_file(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].startswith("/static/favicon")


@pytest.mark.parametrize("path", ["/docs", "/docs/"])
def test_the_start_of_the_documentation_leads_to_the_setup(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == "/docs/mcp"


def test_the_lowest_price_is_that_of_any_combination(client: Client, alice: User) -> None:
    ModelPrice.objects.update(credits=7)
    cheapest = ModelPrice.objects.filter(model_id="openai:gpt-image-2", quality="low")[0]
    ModelPrice.objects.filter(pk=cheapest.pk).update(credits=1)
    assert "From 1 credit, depending on the model" in words(client.get("/docs/mcp"))
    client.force_login(create_user("new@example.com"))
    assert "Images start at 1 credit." in words(client.get("/dashboard/"))
