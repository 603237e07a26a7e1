"""Sharing a picture, and the code of the composer's settings, in a browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from tests.browser.scenes import finished
from tests.browser.visitor import Visitor, check_page, violations
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_link_is_created_by_keyboard_opened_by_anyone_and_revoked(
    alices: Visitor, anonymous: Visitor, alice: User
) -> None:
    image = finished(alice, SAMPLES[2])
    page = alices.go(f"/dashboard/images/{image.pk}/")
    page.get_by_role("link", name="Share", exact=True).press("Enter")
    page.get_by_label("Show the prompt").press("Space")
    page.get_by_role("button", name="Create link").press("Enter")
    link = page.locator("code", has_text="/s/").inner_text()
    check_page(page)
    visitor = anonymous.page
    visitor.goto(link)
    expect(visitor.get_by_role("img", name=SAMPLES[2].prompt)).to_be_visible()
    assert visitor.evaluate("document.querySelector('.share-figure img').naturalWidth > 0")
    page.get_by_role("button", name="Revoke link").press("Enter")
    expect(page.get_by_role("button", name="Create link")).to_be_visible()
    response = visitor.reload()
    assert response is not None
    assert response.status == 404
    anonymous.errors = [error for error in anonymous.errors if "404" not in error]


def test_the_code_of_the_settings_is_shown_in_a_dialog_and_copied(
    visitor_of: Callable[..., Visitor], alice: User
) -> None:
    visitor = visitor_of(alice, permissions=["clipboard-read", "clipboard-write"])
    page = visitor.go("/dashboard/generate/")
    page.get_by_label("Prompt").fill("A quiet lake at dawn")
    page.get_by_text("3:2", exact=True).click()
    page.get_by_role("button", name="Show code").click()
    dialog = page.get_by_role("dialog", name="Code for these settings")
    dialog.get_by_text("Python", exact=True).click()
    expect(dialog.get_by_text('"aspectRatio": "3:2"').locator("visible=true")).to_have_count(1)
    assert not violations(page)
    dialog.get_by_role("button", name="Copy image.py").locator("visible=true").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("import json\n")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Show code")).to_be_focused()
    expect(page.get_by_label("Prompt")).to_have_value("A quiet lake at dawn")
    # The dialog opens again, with the present settings.
    page.get_by_label("Prompt").fill("A river")
    page.get_by_role("button", name="Show code").click()
    expect(dialog.get_by_text('"prompt": "A river"').locator("visible=true")).to_have_count(1)


def test_the_code_is_shown_without_javascript(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, java_script_enabled=False).go("/dashboard/generate/")
    page.get_by_label("Prompt").fill("A quiet lake at dawn")
    page.get_by_role("button", name="Show code").click()
    expect(page.get_by_text('"prompt": "A quiet lake at dawn"').locator("visible=true")).to_have_count(1)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_label("Prompt")).to_have_value("A quiet lake at dawn")
