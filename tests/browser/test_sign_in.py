"""Sign-in in a browser: by emailed code, by passkey and with an authenticator app."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from playwright.sync_api import CDPSession, Page, expect

from accounts.models import User
from tests.browser.visitor import Visitor, check_page
from tests.website.sign_in.steps import PASSWORD, app_code, code_in_mail, verified_user

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def settle(page: Page) -> None:
    """Wait until the dashboard has loaded, so that no picture request is aborted on the server."""
    page.wait_for_url("**/dashboard/**")
    page.wait_for_load_state("networkidle")


def with_authenticator(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return session


@pytest.fixture(autouse=True)
def verified_alice(alice: User) -> User:
    """Alice with a password and a verified address."""
    return verified_user(alice)


def test_sign_in_errors_are_accessible(anonymous: Visitor) -> None:
    page = anonymous.go("/accounts/login/")
    sign_in(page, "alice@example.com", "wrong")
    page.get_by_text("That email and password don't match.").wait_for()
    check_page(page)
    anonymous.go("/accounts/password/reset/")
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill("000")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("This code is incorrect or has expired").wait_for()
    check_page(page)


def test_a_code_from_the_mail_signs_in(anonymous: Visitor) -> None:
    page = anonymous.go("/accounts/login/?next=/dashboard/settings/")
    page.get_by_role("link", name="Email me a sign-in code instead").click()
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill(code_in_mail())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Settings", exact=True).wait_for()


def test_the_password_can_be_shown(anonymous: Visitor) -> None:
    page = anonymous.go("/accounts/login/")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Show password").click()
    assert page.get_by_label("Password", exact=True).get_attribute("type") == "text"


def test_a_passkey_is_added_and_signs_in(visitor_of: Callable[..., Visitor], settings: Any) -> None:
    # The server speaks plain HTTP, as `make run` does.
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    visitor = visitor_of(host="localhost")
    page = visitor.go("/accounts/login/")
    sign_in(page, "alice@example.com")
    settle(page)
    visitor.go("/dashboard/settings/")
    with_authenticator(page)
    page.get_by_role("link", name="Add passkey").click()
    # The sign-in is recent, so that the password is not requested again.
    page.get_by_role("heading", name="Add a passkey").wait_for()
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    visitor.go("/accounts/2fa/webauthn/")
    page.get_by_role("heading", name="Work laptop").wait_for()
    visitor.context.clear_cookies()
    # Prevents the browser from offering the passkey by autofill before the button is pressed.
    page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    visitor.go("/accounts/login/?next=/dashboard/settings/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("heading", name="Settings", exact=True).wait_for()


def test_a_name_over_the_limit_starts_no_registration(visitor_of: Callable[..., Visitor], settings: Any) -> None:
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True
    visitor = visitor_of(host="localhost")
    page = visitor.go("/accounts/login/")
    sign_in(page, "alice@example.com")
    settle(page)
    visitor.go("/accounts/2fa/webauthn/add/")
    with_authenticator(page)
    page.get_by_label("Name").fill("")
    page.keyboard.insert_text("🔑" * 61)
    expect(page.get_by_text("1 character over the limit of 60. Shorten the text.")).to_be_visible()
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_label("Name")).to_be_focused()
    assert not Authenticator.objects.exists()
    page.keyboard.press("Backspace")
    page.get_by_role("button", name="Add passkey").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    assert Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN).wrap().name == "🔑" * 60


def test_an_authenticator_app_is_set_up_and_required(visitor_of: Callable[..., Visitor]) -> None:
    visitor = visitor_of()
    page = visitor.go("/accounts/login/")
    sign_in(page, "alice@example.com")
    settle(page)
    visitor.go("/accounts/2fa/totp/activate/")
    # The sign-in is recent, so that the password is not requested again.
    page.get_by_role("heading", name="Set up an authenticator app").wait_for()
    secret = page.locator("[data-code] code").inner_text().strip()
    page.get_by_label("Code from the app").fill(app_code(secret))
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()

    again = visitor_of()
    page = again.go("/accounts/login/")
    sign_in(page, "alice@example.com")
    page.get_by_role("heading", name="One more step").wait_for()
    codes = RecoveryCodes(Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES))
    page.get_by_label("Code").fill(codes.get_unused_codes()[0])
    page.get_by_role("button", name="Sign in", exact=True).click()
    settle(page)


def test_a_page_at_an_address_without_a_name_links_to_the_name(anonymous: Visitor) -> None:
    page = anonymous.go("/accounts/login/?next=/dashboard/keys/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_disabled()
    expect(page.get_by_text("Passkeys don't work at an IP address.")).to_be_visible()
    check_page(page)
    text = page.get_by_text("Passkeys don't work at an IP address.").bounding_box()
    link = page.get_by_role("link", name="Open localhost").bounding_box()
    assert text
    assert link
    assert link["y"] >= text["y"] + text["height"]
    page.get_by_role("link", name="Open localhost").click()
    page.wait_for_url(anonymous.url.replace("127.0.0.1", "localhost") + "/accounts/login/?next=/dashboard/keys/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
    anonymous.errors = [error for error in anonymous.errors if not error.startswith("another origin: http://localhost")]
