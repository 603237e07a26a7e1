"""The composer's options in a browser: shown where the model has them, priced at once, and usable by keyboard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from billing import ledger
from images.models import Image
from tests.browser.visitor import Visitor, check_page

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/dashboard/generate/"


def select(page: Page, model: str) -> None:
    page.locator(f"[name=model_id][value='{model}']").check()


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name)


def choose(page: Page, name: str, value: str) -> None:
    option(page, name).locator("label").filter(has_text=value).click()


def shown(page: Page, name: str) -> list[str]:
    """Return the visible values of an option, without their prices."""
    labels = page.locator(f"[data-option={name}] label:visible [data-name]")
    return [label.inner_text() for label in labels.all()]


def cost(page: Page) -> Locator:
    return page.locator("[data-cost]")


@pytest.mark.parametrize("has_script", [True, False])
def test_a_model_shows_only_its_own_options(visitor_of: Callable[..., Visitor], alice: User, has_script: bool) -> None:
    page = visitor_of(alice, java_script_enabled=has_script).go(PATH)
    for name in ("Quality", "Resolution", "Thinking", "Background"):
        expect(option(page, name)).to_be_hidden()
    select(page, "openai:gpt-image-2")
    assert (shown(page, "quality"), shown(page, "resolution")) == (["Low", "Medium", "High"], ["1K", "2K", "4K"])
    expect(option(page, "Background")).to_be_hidden()
    expect(page.get_by_label("4:5")).to_be_hidden()
    select(page, "openai:gpt-image-2.5-flare")
    assert shown(page, "background") == ["Opaque", "Transparent"]
    expect(page.get_by_label("4:5")).to_be_visible()
    expect(page.get_by_label("8:1")).to_be_hidden()
    select(page, "google:gemini-3.1-flash-image-preview")
    assert shown(page, "resolution") == ["512", "1K", "2K", "4K"]
    expect(option(page, "Quality")).to_be_hidden()
    select(page, "google:gemini-3.1-flash-lite-image")
    expect(option(page, "Resolution")).to_be_hidden()
    assert page.locator(".ratios label:visible").count() == 14


def test_the_price_follows_every_choice(alices: Visitor) -> None:
    page = alices.go(PATH)
    select(page, "openai:gpt-image-2")
    expect(cost(page)).to_have_text("Will use 5 of 100 credits")
    choose(page, "Quality", "High")
    expect(cost(page)).to_have_text("Will use 20 of 100 credits")
    choose(page, "Resolution", "4K")
    expect(cost(page)).to_have_text("Will use 38 of 100 credits")
    assert option(page, "Quality").locator("label").all_inner_texts() == [
        "Low\n2\ncredits",
        "Medium\n10\ncredits",
        "High\n38\ncredits",
    ]
    page.get_by_label("Prompt").fill("a lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("38 credits charged")).to_be_visible()
    expect(page.locator(".result-details")).to_have_text("gpt-image-2 · 1:1 · high quality · 4K · 38 credits")


def test_options_are_chosen_by_keyboard(alices: Visitor) -> None:
    page = alices.go(PATH)
    select(page, "google:gemini-3-pro-image-preview")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Compare models")).to_be_focused()
    page.keyboard.press("Tab")
    expect(option(page, "Resolution").get_by_label("1K")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(cost(page)).to_have_text("Will use 22 of 100 credits")
    # 512, which this model does not have, is skipped.
    page.keyboard.press("ArrowRight")
    expect(option(page, "Resolution").get_by_label("1K")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(cost(page)).to_have_text("Will use 18 of 100 credits")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_label("1:1")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_label("21:9")).to_be_checked()


def test_a_new_model_keeps_the_choices_that_it_has_and_resets_the_others_visibly(alices: Visitor) -> None:
    page = alices.go(PATH)
    select(page, "openai:gpt-image-2.5-flare")
    for name, value in (("Quality", "High"), ("Resolution", "2K"), ("Background", "Transparent")):
        choose(page, name, value)
    expect(cost(page)).to_have_text("Will use 12 of 100 credits")
    select(page, "openai:gpt-image-2")
    expect(page.locator("#option-help")).to_have_text("This model doesn't support a transparent background.")
    expect(page.locator("#announcements")).to_have_text("This model doesn't support a transparent background.")
    expect(cost(page)).to_have_text("Will use 29 of 100 credits")
    select(page, "google:gemini-3.1-flash-image-preview")
    expect(page.locator("#option-help")).to_have_text("This model doesn't support high quality.")
    expect(cost(page)).to_have_text("Will use 8 of 100 credits")
    choose(page, "Resolution", "512")
    expect(page.locator("#option-help")).to_be_hidden()
    select(page, "google:gemini-3-pro-image-preview")
    expect(page.locator("#option-help")).to_have_text(
        "This model doesn't support resolution 512. Resolution is now 1K."
    )
    select(page, "openai:gpt-image-2")
    expect(option(page, "Quality").get_by_label("Medium")).to_be_checked()
    expect(option(page, "Resolution").get_by_label("1K")).to_be_checked()
    expect(page.locator("#option-help")).to_be_hidden()


def test_on_a_phone_a_changed_ratio_is_not_behind_the_button(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, viewport={"width": 390, "height": 844}).go(PATH)
    select(page, "google:gemini-3.1-flash-lite-image")
    page.get_by_label("8:1").check(force=True)
    page.evaluate("window.scrollTo(0, 0)")
    page.locator("[name=model_id][value='openai:gpt-image-2']").evaluate("radio => radio.click()")
    expect(page.locator("#ratio-help")).to_contain_text("8:1")
    is_visible = """note => {
        const { left, top, bottom } = note.getBoundingClientRect();
        return [top + 1, bottom - 1].every((y) => document.elementFromPoint(left + 5, y) === note);
    }"""
    assert page.locator("#ratio-help").evaluate(is_visible)


def test_a_transparent_picture_cannot_be_a_jpeg(alices: Visitor) -> None:
    page = alices.go(PATH)
    select(page, "openai:gpt-image-2.5-flare")
    choose(page, "Format", "JPEG")
    choose(page, "Background", "Transparent")
    expect(page.locator("#option-help")).to_have_text("JPEG can't be transparent. Format is now Auto.")
    expect(page.get_by_label("JPEG")).to_be_disabled()
    choose(page, "Background", "Opaque")
    expect(page.get_by_label("JPEG")).to_be_enabled()


def test_an_error_and_reused_settings_keep_the_options(alices: Visitor, alice: User) -> None:
    page = alices.go(PATH)
    select(page, "openai:gpt-image-2.5-flare")
    for name, value in (("Quality", "High"), ("Resolution", "4K"), ("Background", "Transparent"), ("Format", "WebP")):
        choose(page, name, value)
    page.get_by_label("Prompt").fill("   ")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Enter a prompt.")).to_be_visible()
    expect(cost(page)).to_have_text("Will use 16 of 100 credits")
    page.get_by_label("Prompt").fill("a lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("16 credits charged")).to_be_visible()
    page = alices.go(f"{PATH}?like={Image.objects.get().pk}")
    for value in ("High", "4K", "Transparent", "WebP"):
        expect(page.locator("#options").get_by_label(value)).to_be_checked()
    expect(cost(page)).to_have_text("Will use 16 of 84 credits")


def test_without_javascript_a_price_that_was_not_shown_is_asked_about(
    visitor_of: Callable[..., Visitor], alice: User
) -> None:
    visitor = visitor_of(alice, java_script_enabled=False)
    page = visitor.go(PATH)
    select(page, "openai:gpt-image-2")
    page.get_by_label("High").check(force=True)
    page.get_by_label("Prompt").fill("a lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("This image costs 20 credits. Nothing was charged.")).to_be_visible()
    expect(page.get_by_label("High")).to_be_checked()
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("20 credits charged")).to_be_visible()
    visitor.errors = [error for error in visitor.errors if "409 (Conflict)" not in error]


@pytest.mark.parametrize("model", ["openai:gpt-image-2.5-flare", "google:gemini-3.1-flash-image-preview"])
def test_the_options_fit_into_the_window(alices: Visitor, alice: User, model: str) -> None:
    ledger.grant(alice.pk, amount=900, reason="to begin with")
    page = alices.go(PATH)
    select(page, model)
    choose(page, "Resolution", "4K")
    cut_off = """() => [...document.querySelectorAll(".option label:not([hidden]), .ratios label:not([hidden])")]
        .filter((label) => label.scrollWidth > label.clientWidth).map((label) => label.textContent)"""
    for width in (320, 390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert (width, page.evaluate(cut_off)) == (width, [])
    check_page(page)
