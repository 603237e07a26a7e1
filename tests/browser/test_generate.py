"""Generate page in a browser: from a prompt to a picture, a rejection or a failure."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from billing import ledger
from images.models import Image
from tests.browser.scenes import finished
from tests.browser.test_live import ONE_SOCKET
from tests.browser.visitor import Visitor
from tests.factories import create_user, queued_image, set_price
from tests.worker_thread import WorkerThread
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/dashboard/generate/"
# Parts of the form that a message about the connection lies on.
COVERED = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const messages = ["#request-failure", "[data-live-status]"].map(box);
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return ["label[for=prompt]", "#prompt", "#prompt-count", "#generate-button"].filter((selector) =>
    messages.some((message) => meets(message, box(selector))));
}"""


def test_a_prompt_becomes_a_picture_without_leaving(alices: Visitor, worker: WorkerThread) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("A quiet lake at dawn")
    page.get_by_role("radio", name="gpt-image-2 5").check()
    page.get_by_text("3:2", exact=True).click()
    expect(page.get_by_text("Will use 5 of 100 credits")).to_be_visible()
    page.keyboard.press("Control+Enter")
    picture = page.locator("#result-panel").get_by_role("img", name="A quiet lake at dawn").first
    expect(picture).to_be_visible()
    expect(page.locator("#announcements")).to_have_text("The image is ready.")
    expect(page.locator("[data-balance]")).to_have_text("95 credits")
    expect(page.get_by_text("Will use 5 of 95 credits")).to_be_visible()
    assert page.url.endswith(f"?image={Image.objects.get().pk}")
    # Submitting the same values again creates another image, because the form has a new nonce.
    page.get_by_role("button", name="Generate").press("Enter")
    expect(page.locator("[data-balance]")).to_have_text("90 credits")
    expect(page.locator("#generate-button")).to_be_focused()
    with page.expect_event("load"):
        page.go_back()
    expect(page.get_by_label("Prompt")).to_have_value("A quiet lake at dawn")
    expect(page.get_by_role("navigation").first).to_be_visible()


def test_a_rejection_offers_the_prompt_again(alices: Visitor, worker: WorkerThread) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("[sandbox:moderation] a lake")
    page.keyboard.press("Meta+Enter")
    expect(page.get_by_role("heading", name="rejected this prompt")).to_be_visible()
    expect(page.locator("[data-balance]")).to_have_text("100 credits")
    page.get_by_role("link", name="Edit prompt").click()
    expect(page.get_by_label("Prompt")).to_be_focused()
    expect(page.get_by_label("Prompt")).to_have_value("[sandbox:moderation] a lake")


def test_a_failure_shows_the_refund_even_without_a_socket(alices: Visitor, worker: WorkerThread) -> None:
    alices.page.add_init_script(ONE_SOCKET)
    page = alices.go(PATH)
    page.wait_for_selector("body[data-live]")
    page.evaluate("closeSocket()")
    page.get_by_label("Prompt").fill("[sandbox:slow=1] [sandbox:fail] a lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_role("heading", name="Image failed")).to_be_visible()
    expect(page.get_by_text("3 charged, 3 refunded")).to_be_visible()
    expect(page.locator("[data-balance]")).to_have_text("100 credits")


def test_selecting_a_model_updates_its_options_and_cost(alices: Visitor) -> None:
    page = alices.go(PATH)
    wide = page.get_by_label("21:9")
    expect(wide).to_be_hidden()
    expect(page.get_by_role("group", name="Thinking")).to_be_hidden()
    page.get_by_label("gemini-3-pro").check()
    expect(page.get_by_text("Will use 12 of 100 credits")).to_be_visible()
    page.get_by_text("Deep 18").click()
    expect(page.get_by_text("Will use 18 of 100 credits")).to_be_visible()
    expect(page.get_by_text("This model doesn't support")).to_be_hidden()
    page.get_by_text("21:9", exact=True).click()
    page.get_by_label("gpt-image-1.5").check()
    expect(page.get_by_text("This model doesn't support 21:9. Aspect ratio is now 1:1.").first).to_be_visible()
    expect(page.locator("#option-help")).to_have_text("This model doesn't support deep thinking.")
    expect(page.get_by_text("Will use 3 of 100 credits")).to_be_visible()
    expect(page.get_by_label("1:1")).to_be_checked()


def test_without_javascript_thinking_and_cost_follow_the_model(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, java_script_enabled=False).go(PATH)
    thinking = page.get_by_role("group", name="Thinking")
    expect(page.locator(".composer-cost")).to_contain_text(
        "Will use 3 of 100 credits for gpt-image-1.5", use_inner_text=True
    )
    # One column: the cost and its model in one piece, and no shortcut, which needs a script.
    expect(page.locator(".composer-cost > :visible")).to_have_count(1)
    expect(page.locator(".composer-keys")).to_be_hidden()
    expect(thinking).to_be_hidden()
    page.get_by_label("gemini-3-pro").check()
    expect(thinking).to_be_visible()
    expect(thinking).not_to_contain_text("18", use_inner_text=True)
    expect(page.locator(".radio-list label").filter(has_text="gemini-3-pro")).to_contain_text(
        "12, deep 18", use_inner_text=True
    )
    page.get_by_label("Deep").check(force=True)
    page.get_by_label("Prompt").fill("a lake")
    page.get_by_role("button", name="Update price").click()
    expect(page.locator(".composer-cost")).to_contain_text(
        "Will use 18 of 100 credits for gemini-3-pro, deep", use_inner_text=True
    )
    expect(page.get_by_label("Prompt")).to_have_value("a lake")
    page.get_by_role("radio", name="gpt-image-2 5").check()
    expect(thinking).to_be_hidden()
    assert not Image.objects.exists()


@pytest.mark.parametrize(("stripe_key", "link"), [("", "Billing"), ("sk_live_of_the_tests", "Add credits")])
def test_insufficient_credits_show_a_link_to_billing(
    visitor_of: Callable[..., Visitor], transactional_db: None, settings: Any, stripe_key: str, link: str
) -> None:
    settings.STRIPE_SECRET_KEY = stripe_key
    page = visitor_of(create_user("poor@example.com", credits=4)).go(PATH)
    expect(page.get_by_role("button", name="Generate")).to_be_visible()
    page.get_by_label("gemini-3-pro").check()
    expect(page.get_by_text("Needs 12 credits. You have 4.")).to_be_visible()
    expect(page.locator("#composer").get_by_role("link", name=link)).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_hidden()


def test_credits_added_meanwhile_enable_the_button(visitor_of: Callable[..., Visitor], transactional_db: None) -> None:
    poor = create_user("poor@example.com")
    page = visitor_of(poor).go(PATH)
    page.wait_for_selector("body[data-live]")
    expect(page.get_by_text("Needs 3 credits. You have 0.")).to_be_visible()
    ledger.grant(poor.pk, amount=20, reason="to begin with")
    expect(page.get_by_text("Will use 3 of 20 credits")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_visible()


def test_a_changed_price_needs_a_second_click(alices: Visitor) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("A quiet lake")
    set_price("openai:gpt-image-1.5", 4)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("This image now costs 4 credits.")).to_be_visible()
    expect(page.get_by_label("Prompt")).to_have_value("A quiet lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#result-panel").get_by_text("4 credits charged")).to_be_visible()
    expect(page.get_by_text("This image now costs 4 credits.")).to_be_hidden()


def test_a_text_over_the_limit_is_neither_cut_nor_charged(alices: Visitor) -> None:
    page = alices.go(PATH)
    prompt, button = page.get_by_label("Prompt"), page.get_by_role("button", name="Generate")
    expect(page.locator("#prompt-count")).to_have_text("0 / 8,000")
    # Each of these is one character, and two UTF-16 units.
    page.evaluate("document.getElementById('prompt').focus()")
    page.keyboard.insert_text("🎨" * 8_100)
    expect(prompt).to_have_value("🎨" * 8_100)
    expect(page.locator("#prompt-count")).to_have_text("8,100 / 8,000")
    expect(page.get_by_text("100 characters over the limit of 8,000. Shorten the text.")).to_be_visible()
    button.click()
    page.keyboard.press("Control+Enter")
    expect(prompt).to_be_focused()
    prompt.fill("🎨" * 8_000)
    expect(page.get_by_text("over the limit")).to_be_hidden()
    page.get_by_label("Style").fill("x" * 501)
    expect(page.get_by_text("1 character over the limit of 500. Shorten the text.")).to_be_visible()
    button.click()
    assert not Image.objects.exists()
    page.get_by_label("Style").fill("line one\nline two")
    button.click()
    expect(page.locator("[data-balance]")).to_have_text("97 credits")
    image = Image.objects.get()
    assert (image.prompt, image.style) == ("🎨" * 8_000, "line one\nline two")


def test_the_warning_about_a_long_style_is_in_view(alices: Visitor) -> None:
    page = alices.go(PATH)
    page.get_by_label("Style").fill("grainy " * 80)
    expect(page.get_by_text("characters over the limit of 500")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [390, 1440])
def test_a_failed_request_covers_neither_the_form_nor_its_button(
    visitor_of: Callable[..., Visitor], alice: User, width: int
) -> None:
    visitor = visitor_of(alice, viewport={"width": width, "height": 844})
    visitor.page.route_web_socket("**/ws/live", lambda socket: socket.close())
    page = visitor.go(PATH)
    page.get_by_label("Prompt").fill("a lake")
    page.route("**/*", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: request.method == "GET"):
        expect(page.get_by_text("Reconnecting")).to_be_visible()
    failure = page.locator("#request-failure")
    expect(failure).to_be_hidden()
    page.get_by_role("button", name="Generate").click()
    expect(failure).to_be_visible()
    covered = page.evaluate(COVERED)
    visitor.errors = [error for error in visitor.errors if "ERR_FAILED" not in error and "htmx:" not in error]
    assert covered == []


def test_errors_are_shown_in_the_form(alices: Visitor) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("   ")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("Enter a prompt.")).to_be_visible()
    page.get_by_label("Prompt").fill("A quiet lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("3 credits charged")).to_be_visible()
    expect(page.get_by_text("Enter a prompt of")).to_be_hidden()


def test_errors_replace_a_form_whose_prompt_was_resized(alices: Visitor) -> None:
    page = alices.go(PATH)
    prompt = page.get_by_label("Prompt")
    box = prompt.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] + 60)
    page.mouse.up()
    expect(prompt).to_have_attribute("style", re.compile("height"))
    prompt.fill("   ")
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.get_by_text("Check your request")).to_be_visible()


def test_the_picture_is_shown_after_leaving_and_coming_back(alices: Visitor, worker: WorkerThread) -> None:
    page = alices.go(PATH)
    page.get_by_label("Prompt").fill("[sandbox:slow=2] a red barn")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("3 credits charged")).to_be_visible()
    alices.go("/dashboard/usage/")
    page = alices.go(PATH)
    expect(page.locator("#result-panel").get_by_role("link", name="Download")).to_be_visible()


def test_a_queued_image_can_be_cancelled(alices: Visitor, alice: User) -> None:
    queued_image(alice)
    page = alices.go(PATH)
    page.get_by_role("button", name="Cancel image").click()
    expect(page.get_by_role("heading", name="Image cancelled")).to_be_visible()


def test_generating_works_without_javascript(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, java_script_enabled=False).go(PATH)
    page.get_by_label("Prompt").fill("A quiet lake")
    page.get_by_label("gemini-3-pro").check()
    page.get_by_label("Deep").check(force=True)
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("18 credits charged")).to_be_visible()
    expect(page.get_by_role("link", name="Refresh")).to_be_visible()


def test_on_a_phone_the_result_has_its_own_screen(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, viewport={"width": 390, "height": 844}).go(PATH)
    page.get_by_label("Prompt").fill("A quiet lake")
    page.get_by_role("button", name="Generate").click()
    expect(page.get_by_text("3 credits charged")).to_be_visible()
    expect(page.get_by_label("Prompt")).to_be_hidden()
    expect(page.get_by_role("link", name="Back to prompt")).to_be_focused()
    page.get_by_role("link", name="Back to prompt").click()
    expect(page.get_by_label("Prompt")).to_have_value("A quiet lake")


def test_a_copied_link_opens_the_picture(alices: Visitor, alice: User) -> None:
    alices.context.grant_permissions(["clipboard-read", "clipboard-write"])
    finished(alice, SAMPLES[2])
    page = alices.go(PATH)
    page.get_by_role("link", name="Copy link").click()
    expect(page.locator("#announcements")).to_have_text("Link copied. It works for 15 minutes.")
    response = page.request.get(page.evaluate("navigator.clipboard.readText()"))
    assert response.headers["content-type"] == "image/webp"
