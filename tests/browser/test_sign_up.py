"""Sign-up in a browser, up to the first image."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.test_sign_in import settle, with_authenticator
from tests.browser.visitor import Visitor
from tests.website.sign_in.steps import code_in_mail
from tests.worker_thread import WorkerThread

TOO_EASY = "Too easy to guess. 8 characters or more; a sentence works well."


def check_strength(page: Page, password: str, text: str) -> None:
    page.get_by_label("Password", exact=True).fill(password)
    expect(page.locator("[data-strength-text]")).to_have_text(text)


def test_from_signing_up_with_a_code_to_the_first_image(
    anonymous: Visitor, settings: Any, worker: WorkerThread
) -> None:
    settings.SIGNUP_CREDITS, settings.SANDBOX_PROVIDERS = 20, "on"
    page = anonymous.go("/accounts/signup/")
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill("a quiet lake at dawn")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Check your email").wait_for()
    page.get_by_label("Code").fill(code_in_mail())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("2 of 4 done")).to_be_visible()
    page.get_by_role("link", name="generate one here").click()
    page.get_by_label("Prompt").fill("A quiet lake at dawn")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#result-panel").get_by_role("img", name="A quiet lake at dawn").first).to_be_visible()
    expect(page.locator("[data-balance]")).to_have_text("17 credits")


def test_the_strength_meter_rates_the_password(anonymous: Visitor) -> None:
    page = anonymous.go("/accounts/signup/")
    page.get_by_label("Email").fill("jonas.fieldnotes@example.com")
    check_strength(page, "password1", TOO_EASY)
    check_strength(page, "plum kettle orbit velvet", "Strong.")
    # Parts of the email address are easy to guess.
    check_strength(page, "jonas.fieldnotes", TOO_EASY)


def test_signing_up_with_a_passkey_and_signing_in_by_autofill(
    visitor_of: Callable[..., Visitor], settings: Any
) -> None:
    visitor = visitor_of(host="localhost")
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    page = visitor.go("/accounts/signup/passkey/")
    with_authenticator(page)
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(code_in_mail())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Create your passkey").wait_for()
    # The heading is there before the script that asks the browser for a passkey.
    page.wait_for_load_state()
    page.get_by_role("button", name="Create passkey").click()
    settle(page)
    assert page.url.endswith("/dashboard/")
    visitor.context.clear_cookies()
    visitor.go("/accounts/login/?next=/dashboard/settings/")
    page.get_by_role("heading", name="Settings", exact=True).wait_for()
