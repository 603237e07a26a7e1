"""The pages that connect a client, and what programs read of the service."""

from typing import Any, Final

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import ApiKey, User
from images.models import CatalogueModel
from mcp_gateway.tools.declarations import DECLARATIONS
from tests.rendered import words
from website.docs import clients, error_codes

pytestmark = pytest.mark.django_db

# What somebody who connects an agent has to know, beside what the tools and clients say of themselves.
FACTS: Final = (
    *("Streamable HTTP", "Authorization: Bearer sk_…", "is shown once", "can revoke it without touching the others"),
    *("The same keys open the REST API", "How many credits do I have", "The first two cost nothing"),
    *("for 15 minutes, without a key or a header", "with any character of it changed, it answers 404"),
    *("getimages_get_image gives a new link to the same image", "curl -o picture.png", "Invoke-WebRequest -Uri"),
    *("An agent with a tool that fetches addresses", "more than 60 requests in a minute", "missing_key", "invalid_key"),
    *(
        "revoked_key",
        "expired_key",
        "Quit it and start it again",
        "refuse real public figures",
        "rephrase and ask again",
    ),
    *(
        "Some clients show text only",
        "Claude Code, Claude Desktop, Cursor and Zed do",
        "larger models and deep thinking",
    ),
    *("openai:gpt-image-1.5 and google:gemini-2.5-flash-image answer in seconds", "waits up to 13 minutes"),
    *("reports progress every 10 seconds", "MCP_TOOL_TIMEOUT=900000", "All names begin with getimages_"),
    *("an image block, too: the stored bytes in base64 with their mimeType", "never repeated in structuredContent"),
    *("Have the agent ask before it spends", "Keep it out of chats, repositories", "Revoke what may have leaked"),
    *("One key for each machine", "Links to pictures are for fetching, not for sharing", "Everything is on record"),
    *("One balance pays for MCP, the REST API and the dashboard", "what a pack makes"),
)


@pytest.mark.parametrize("slug", clients.BY_SLUG)
def test_every_client_has_a_page_with_this_sites_address(slug: str, client: Client, settings: Any) -> None:
    settings.SITE_URL = "https://images.example"
    page = client.get(f"/docs/mcp/{slug}")
    assert page.status_code == 200
    assert "https://images.example/api" in page.content.decode()


def test_a_client_that_nobody_knows_has_no_page(client: Client) -> None:
    assert client.get("/docs/mcp/netscape").status_code == 404


def test_every_tool_and_each_of_its_fields_is_described(client: Client) -> None:
    page = words(client.get("/docs/mcp"))
    for tool in DECLARATIONS:
        assert tool["name"] in page
        assert all(name in page for name in tool["inputSchema"]["properties"])
        assert all(name in page for name in tool["outputSchema"]["properties"])


def test_every_fact_that_agents_and_people_need_is_there(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 60
    page = words(client.get("/docs/mcp"))
    assert [fact for fact in FACTS if fact not in page] == []


def test_every_error_of_a_tool_is_listed_with_what_it_says(client: Client) -> None:
    page = words(client.get("/docs/mcp"))
    for kind in error_codes.TOOL_ERRORS:
        assert kind.code in page
    assert "Rephrase the prompt and try again; nothing was charged." in page


@pytest.mark.parametrize("slug", ["zed", "cursor", "vs-code", "codex-cli"])
def test_the_page_says_where_the_key_goes_in_the_snippets_it_shows(slug: str, client: Client) -> None:
    place, variable = {"zed": (True, False), "cursor": (False, True), "vs-code": (False, False)}.get(slug, (True, True))
    page = words(client.get(f"/docs/mcp/{slug}"))
    assert ("Put your key in place of YOUR_API_KEY" in page) is place
    assert ("it reads the key from that environment variable" in page) is variable


@pytest.mark.parametrize("address", ["/docs/mcp", "/llms.txt", "/pricing"])
def test_prices_come_from_the_catalogue(address: str, client: Client) -> None:
    CatalogueModel.objects.filter(pk="openai:gpt-image-2").update(credits=4321)
    assert "4321" in client.get(address).content.decode()


def test_somebody_without_keys_is_told_to_create_one(client: Client, alice: User) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    page = words(client.get("/docs/mcp"))
    assert "No keys yet" in page
    assert "First, create a key" in page


def test_a_key_that_waits_for_its_first_call_says_so(client: Client, alice: User) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    key, _ = api_keys.create(alice, name="Laptop")
    assert "Waiting for the first call" in words(client.get("/docs/mcp"))
    ApiKey.objects.filter(pk=key.pk).update(last_used_at="2026-11-01T10:00Z", last_used_client="claude-code/2.1")
    connected = words(client.get("/docs/mcp/connection"))
    assert "Connected" in connected
    assert "Claude Code" in connected


def test_the_page_asks_no_more_of_the_database_for_somebody_with_many_keys(
    client: Client, alice: User, django_assert_num_queries: Any
) -> None:
    client.force_login(alice, backend="accounts.backends.ModelBackend")
    for number in range(20):
        api_keys.create(alice, name=f"Machine {number}")
    # Session, user, keys, the last used one, models, balance.
    with django_assert_num_queries(6):
        client.get("/docs/mcp")


def test_the_connection_of_nobody_is_not_there(client: Client) -> None:
    assert client.get("/docs/mcp/connection").status_code == 404


def test_llms_txt_names_the_tools_the_models_and_every_page(client: Client) -> None:
    answer = client.get("/llms.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    text = answer.content.decode()
    assert all(tool["name"] in text for tool in DECLARATIONS)
    assert all(model.model_id in text for model in CatalogueModel.objects.all())
    assert all(f"/docs/mcp/{slug}" in text for slug in clients.BY_SLUG)
    assert "&" not in text


def test_robots_are_kept_out_of_what_is_private(client: Client) -> None:
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert {"Disallow: /dashboard/", "Disallow: /accounts/", "Disallow: /i/", "Disallow: /api/"} <= set(lines)


def test_browsers_that_ask_for_an_icon_are_led_to_it(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].startswith("/static/favicon")
