"""Comparing models in a browser: the prices follow the options, with a script and without."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from billing import ledger
from billing.models import LedgerEntry
from images.models import Image
from tests.browser.visitor import Visitor, check_page

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/dashboard/generate/compare/"


def charged() -> int:
    return -sum(LedgerEntry.objects.filter(type="generation").values_list("amount", flat=True))


def test_the_prices_follow_the_options_and_are_what_is_charged(alices: Visitor, alice: User) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("a quiet lake")
    for model in ("openai:gpt-image-2", "openai:gpt-image-1.5"):
        page.locator(f"[value='{model}']").check()
    status, button = page.locator("[data-cost]"), page.locator("#compare-button")
    expect(status).to_contain_text("Will use")
    usual = button.inner_text()
    page.get_by_label("Quality").select_option("High")
    expect(status).to_contain_text("gpt-image-1.5 doesn't support high quality. Deselect it or change the option.")
    check_page(page)
    page.locator("[value='openai:gpt-image-1.5']").uncheck()
    page.locator("[value='openai:gpt-image-2.5-flare']").check()
    expect(button).not_to_have_text(usual)
    expect(button).to_contain_text("Compare for")
    total = int(button.inner_text().split()[2])
    button.click()
    page.wait_for_selector("#compared")
    assert (charged(), {image.quality for image in Image.objects.all()}) == (total, {"high"})
    expect(page.get_by_text("high quality", exact=True)).to_be_visible()


def test_a_model_too_many_is_refused_with_a_message_and_the_keyboard_submits(alices: Visitor, alice: User) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("a quiet lake")
    boxes, status = page.locator("[name=model_id]"), page.locator("[data-cost]")
    for number in range(5):
        boxes.nth(number).click()
    expect(status).to_have_text("Up to 4 models. Deselect one first.")
    expect(page.locator("[name=model_id]:checked")).to_have_count(4)
    for number in (2, 3):
        boxes.nth(number).uncheck()
    expect(status).to_contain_text("Will use")
    page.get_by_label("Prompt").press("Control+Enter")
    page.wait_for_selector("#compared")
    assert Image.objects.count() == 2


def test_the_balance_of_an_open_form_is_current(alices: Visitor, alice: User) -> None:
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    page.get_by_label("Prompt").fill("a quiet lake")
    for model in ("openai:gpt-image-2", "openai:gpt-image-1.5"):
        page.locator(f"[value='{model}']").check()
    ledger.adjust(alice.pk, amount=-99, reason="a test")
    expect(page.locator("[data-balance]")).to_contain_text("1")
    expect(page.locator("[data-cost]")).to_contain_text("You have 1.")
    page.locator("#compare-button").click()
    expect(page.get_by_role("alert")).to_contain_text("you have 1. Add credits or select fewer models.")
    alices.errors = [error for error in alices.errors if "402" not in error]


def test_without_a_script_a_button_shows_the_prices(visitor_of: Any, alice: User) -> None:
    page = visitor_of(alice, java_script_enabled=False).go(PATH)
    page.get_by_label("Prompt").fill("a quiet lake")
    for model in ("openai:gpt-image-2", "openai:gpt-image-2.5-flare"):
        page.locator(f"[value='{model}']").check()
    page.get_by_label("Quality").select_option("High")
    page.get_by_role("button", name="Update prices").click()
    expect(page.get_by_label("Prompt")).to_have_value("a quiet lake")
    total = int(page.locator("[data-cost]").inner_text().split()[3])
    page.get_by_role("button", name="Compare models").click()
    page.wait_for_selector("#compared")
    assert charged() == total


def test_the_link_in_the_composer_takes_the_texts_and_options_along(alices: Visitor) -> None:
    page = alices.go("/dashboard/generate/")
    page.locator("#prompt").fill("a quiet lake")
    page.locator("[value='openai:gpt-image-2.5-flare']").check()
    page.get_by_role("group", name="Quality").locator("label").filter(has_text="High").click()
    page.get_by_role("link", name="Compare models with one prompt").click()
    expect(page).to_have_url(f"{alices.url}{PATH}")
    expect(page.get_by_label("Prompt")).to_have_value("a quiet lake")
    expect(page.get_by_label("Quality", exact=True)).to_have_value("high")
    expect(page.locator("[value='openai:gpt-image-2.5-flare']")).to_be_checked()
