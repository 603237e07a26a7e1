"""API keys in a browser: creating, using and revoking them."""

import re
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, expect

from accounts import api_keys
from accounts.models import ApiKey, User
from tests.api.program import Program
from tests.browser.visitor import Visitor, check_page
from tests.mcp_gateway.agent import Agent

pytestmark = pytest.mark.django_db(transaction=True)


def create(visitor: Visitor, name: str) -> str:
    """Create a key and return its secret; the dialog stays open."""
    page = visitor.go("/dashboard/keys/")
    page.get_by_role("link", name="Create key").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create key").click()
    return page.locator("[data-secret]").inner_text()


def row(page: Page, name: str) -> Any:
    return page.get_by_role("row").filter(has_text=name)


def test_revoking_one_key_leaves_the_other_working(alices: Visitor) -> None:
    agent = Agent(alices.url, create(alices, "Laptop"), {"User-Agent": "claude-code/2.1.4 (cli)"})
    program = Program(alices.url, create(alices, "Server"))
    page = alices.go("/dashboard/keys/")
    page.wait_for_selector("body[data-live]")
    with program.http:
        assert agent.call("getimages_get_account")["structuredContent"]["apiKey"]["name"] == "Laptop"
        # An open list updates when a key is used for the first time.
        expect(row(page, "Laptop")).to_contain_text("Claude Code")
        assert program.get("account", headers={"User-Agent": "curl/8.5.0"}).status_code == 200
        expect(row(page, "Server")).to_contain_text("curl")

        row(page, "Laptop").get_by_role("link", name="Revoke").click()
        expect(page.get_by_role("dialog")).to_contain_text("Claude Code, just now")
        expect(page.get_by_role("link", name="Keep key")).to_be_focused()
        page.get_by_role("button", name="Revoke key").click()
        expect(row(page, "Laptop")).to_contain_text("Revoked")

        refused = agent.request(json={})
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "revoked_key")
        assert program.get("account").status_code == 200


def test_done_and_escape_require_that_the_key_is_copied(alices: Visitor) -> None:
    alices.context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret = create(alices, "Laptop")
    page = alices.page
    done = page.get_by_role("link", name="Done")
    expect(done).to_have_attribute("aria-disabled", "true")
    for _ in range(3):
        page.keyboard.press("Escape")
        expect(page.get_by_role("alert")).to_contain_text("You haven't copied the key.")
    page.get_by_role("button", name="Go back").click()
    page.get_by_role("button", name="Copy key").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    done.click()
    expect(row(page, "Laptop")).to_be_visible()
    assert secret not in page.content()


def test_the_checkbox_also_enables_done(alices: Visitor) -> None:
    create(alices, "Laptop")
    alices.page.get_by_label("I have saved this key").check()
    alices.page.keyboard.press("Escape")
    alices.page.wait_for_url("**/dashboard/keys/")


def test_a_reload_creates_no_second_key(alices: Visitor, alice: User) -> None:
    secret = create(alices, "Laptop")
    alices.page.reload()
    expect(alices.page.get_by_text("was already created")).to_be_visible()
    assert ApiKey.objects.filter(user=alice).count() == 1
    assert secret not in alices.page.content()


def test_every_snippet_contains_the_key(alices: Visitor) -> None:
    secret = create(alices, "Laptop")
    page = alices.page
    for tab in ("Claude Code", "Cursor", "Codex CLI", "REST"):
        page.get_by_text(tab, exact=True).first.click()
        expect(page.locator(".snippet-panel:visible [data-code]").filter(has_text=secret).first).to_be_visible()
    page.get_by_text("More", exact=True).first.click()
    page.get_by_text("Gemini CLI", exact=True).click()
    expect(page.locator("details[open] [data-code]").filter(has_text=secret).first).to_be_visible()


def test_a_refused_form_has_its_focus_in_the_first_field_with_an_error(alices: Visitor) -> None:
    page = alices.go("/dashboard/keys/new/")
    page.get_by_label("Name").fill("Laptop")
    page.get_by_label("Expiry date").fill("2020-01-01")
    page.get_by_role("button", name="Create key").click()
    expect(page.locator(".field-error")).to_be_visible()
    expect(page.get_by_label("Expiry date")).to_be_focused()
    alices.errors = [error for error in alices.errors if "422" not in error]


def test_the_form_shows_how_many_images_a_cap_pays_for(alices: Visitor) -> None:
    page = alices.go("/dashboard/keys/new/")
    page.get_by_label("Monthly cap").fill("200")
    expect(page.get_by_text("About 100 images a month with gpt-image-2.5-flare")).to_be_visible()
    page.get_by_label("gpt-image-2.5-flare").uncheck()
    page.get_by_label("gpt-image-2.5-sunburst").uncheck()
    expect(page.get_by_text("About 66 images a month with gpt-image-1.5")).to_be_visible()


@pytest.mark.parametrize("link", ["Create key", "Edit Laptop", "Revoke Laptop"])
def test_leaving_a_dialog_returns_the_focus(alices: Visitor, alice: User, link: str) -> None:
    api_keys.create(alice, name="Laptop")
    page = alices.go("/dashboard/keys/")
    page.get_by_role("link", name=link).click()
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=link)).to_be_focused()
    assert page.url.endswith("/dashboard/keys/")


def test_a_name_over_the_limit_is_not_cut(alices: Visitor, alice: User) -> None:
    page = alices.go("/dashboard/keys/new/")
    page.get_by_label("Name").focus()
    page.keyboard.insert_text("🔑" * 81)
    expect(page.get_by_text("1 character over the limit of 80. Shorten the text.")).to_be_visible()
    page.get_by_role("button", name="Create key").click()
    expect(page.get_by_label("Name")).to_be_focused()
    assert not ApiKey.objects.exists()
    page.get_by_label("Name").fill("🔑" * 80)
    page.get_by_role("button", name="Create key").click()
    expect(page.locator("[data-secret]")).to_be_visible()
    assert ApiKey.objects.get().name == "🔑" * 80


def test_keys_are_created_changed_and_revoked_without_javascript(visitor_of: Any, alice: User) -> None:
    visitor = visitor_of(alice, java_script_enabled=False)
    secret = create(visitor, "Laptop")
    assert httpx2.get(f"{visitor.url}/api/v1/account", headers={"Authorization": f"Bearer {secret}"}).is_success
    page = visitor.page
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Edit Laptop").click()
    page.get_by_label("Name").fill("Studio")
    page.get_by_role("button", name="Save key").click()
    page.get_by_role("link", name="Revoke Studio").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(row(page, "Studio")).to_contain_text("Revoked")


def test_the_secret_dialog_is_accessible(alices: Visitor) -> None:
    assert re.fullmatch(r"sk_\w{46}", create(alices, "Laptop"))
    check_page(alices.page)
