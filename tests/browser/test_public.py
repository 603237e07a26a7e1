"""Public pages in a browser."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.visitor import Visitor, check_page
from tests.mcp_gateway.agent import Agent
from website.docs import clients


def test_the_tabs_of_the_landing_page_change_its_command(anonymous: Visitor) -> None:
    page = anonymous.go("/")
    page.get_by_role("radio", name="Codex CLI").check(force=True)
    expect(page.get_by_text("codex mcp add")).to_be_visible()
    expect(page.get_by_text("claude mcp add")).to_be_hidden()


def test_selecting_a_client_swaps_the_panel_and_changes_the_url(anonymous: Visitor) -> None:
    anonymous.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = anonymous.go("/docs/mcp")
    page.get_by_role("link", name="VS Code").click()
    expect(page.get_by_role("heading", name="1. Add the URL and sign in")).to_be_visible()
    expect(page).to_have_url(anonymous.url + "/docs/mcp/vs-code")
    expect(page.get_by_role("link", name="VS Code", exact=True)).to_be_focused()
    sign_in, endpoint = clients.BY_SLUG["vs-code"].sign_in, anonymous.url + "/api/mcp"
    assert sign_in is not None
    assert sign_in.build_link is not None
    install = page.get_by_role("link", name="Install in VS Code")
    expect(install).to_have_attribute("href", sign_in.build_link(endpoint))
    page.get_by_role("button", name="Copy .vscode/mcp.json").click()
    expect(page.locator("#announcements")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == sign_in.build_snippets(endpoint)[0].text
    check_page(page)


def test_client_pages_work_without_javascript(visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(java_script_enabled=False).go("/docs/mcp")
    page.get_by_role("link", name="Cursor").click()
    expect(page.get_by_role("heading", name="1. Add the URL and sign in")).to_be_visible()


def test_the_tabs_of_the_landing_page_work_without_javascript(visitor_of: Callable[..., Visitor]) -> None:
    page = visitor_of(java_script_enabled=False).go("/")
    page.get_by_role("radio", name="REST").check(force=True)
    expect(page.get_by_text("/api/v1/images")).to_be_visible()
    expect(page.get_by_text("claude mcp add")).to_be_hidden()


def test_a_client_page_shows_connected_after_the_first_call(alices: Visitor, alices_key: str) -> None:
    page = alices.go("/docs/mcp/codex-cli")
    page.wait_for_selector("body[data-live]")
    card = page.get_by_role("region", name="Connection", exact=True)
    expect(card).to_contain_text("Waiting for the first call")
    agent = Agent(alices.url, alices_key, {"User-Agent": "codex_cli_rs/0.90"})
    agent.call("getimages_get_account")
    expect(card).to_contain_text("Connected")
    expect(card).to_contain_text("Codex")
    check_page(page)


def test_error_pages_are_accessible(anonymous: Visitor, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.website.broken"
    for path in ("/nothing", "/broken"):
        check_page(anonymous.go(path))
    # The browser logs the status of each page as an error.
    assert [error for error in anonymous.errors if "status of 404" not in error and "status of 500" not in error] == []
    anonymous.errors.clear()
