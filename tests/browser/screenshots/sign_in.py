"""Screens of sign-in, sign-up and account security."""

from functools import partial
from typing import Final

from django.conf import settings
from playwright.sync_api import Page

from tests.browser.screenshots.walks import Screen, Walk
from tests.browser.test_sign_in import settle, sign_in, with_authenticator
from tests.website.sign_in.steps import PASSWORD, app_code, code_in_mail


def _email_code(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").wait_for()


def _wrong_code(page: Page) -> None:
    page.get_by_label("Code").fill("000")
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("This code is incorrect or has expired").wait_for()


def _right_code(page: Page) -> None:
    page.get_by_label("Code").fill(code_in_mail())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Choose a new password").wait_for()


def _wrong_password(page: Page) -> None:
    sign_in(page, "mara@example.com", "wrong")
    page.get_by_text("That email and password don't match.").wait_for()


def _weak_password(page: Page) -> None:
    page.get_by_label("Email").fill("new@example.com")
    page.get_by_label("Password", exact=True).fill("password1")
    page.locator("[data-strength-text]").wait_for()


def _sign_up(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill("plum kettle orbit velvet")
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Check your email").wait_for()


def _sign_up_by_passkey(page: Page) -> None:
    with_authenticator(page)
    page.get_by_label("Email").fill("newer@example.com")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(code_in_mail())
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("heading", name="Create your passkey").wait_for()


def _sign_in_safely(page: Page) -> None:
    sign_in(page, "uma@example.com")
    settle(page)
    with_authenticator(page)


def _confirm(page: Page, heading: str) -> None:
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name=heading).wait_for()


def _turn_app_on(page: Page) -> None:
    secret = page.locator("[data-code] code").inner_text().strip()
    page.get_by_label("Code from the app").fill(app_code(secret))
    page.get_by_role("button", name="Turn on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()


def _add_passkey(page: Page) -> None:
    page.get_by_label("Name").fill("Work laptop")
    page.get_by_role("button", name="Add passkey").click()
    page.wait_for_url("**/accounts/2fa/")
    page.get_by_role("link", name="Manage passkeys").click()
    page.get_by_role("heading", name="Work laptop").wait_for()


def _remove_passkey(page: Page) -> None:
    page.get_by_role("link", name="Remove").first.click()
    page.wait_for_url("**/remove/")


def _rename_passkey(page: Page) -> None:
    page.get_by_role("link", name="Rename").first.click()
    page.wait_for_url("**/edit/")


def _second_step(page: Page) -> None:
    sign_in(page, "wanda@example.com")
    page.get_by_role("heading", name="One more step").wait_for()


PASSKEYS: Final = {"MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": True}
SIGN_IN_PROVIDERS: Final = {"SOCIALACCOUNT_PROVIDERS": settings.SOCIALACCOUNT_PROVIDERS}
WALKS: Final = (
    Walk(
        "",
        (
            Screen("sign-in", "/accounts/login/"),
            Screen("sign-in-wrong", action=_wrong_password),
            Screen("sign-in-code-ask", "/accounts/login/code/"),
            Screen("sign-in-code", action=partial(_email_code, email="mara@example.com")),
            Screen("sign-in-code-wrong", action=_wrong_code),
        ),
    ),
    Walk(
        "",
        (
            Screen("sign-up", "/accounts/signup/"),
            Screen("sign-up-weak", action=_weak_password),
            Screen("sign-up-code", action=_sign_up),
        ),
    ),
    Walk(
        "",
        (
            Screen("password-reset", "/accounts/password/reset/"),
            Screen("password-reset-code", action=partial(_email_code, email="pia@example.com")),
            Screen("password-reset-new", action=_right_code),
        ),
    ),
    Walk(
        "",
        (
            Screen("sign-up-passkey", "/accounts/signup/passkey/"),
            Screen("sign-up-passkey-make", action=_sign_up_by_passkey),
        ),
        host="localhost",
        settings=PASSKEYS,
    ),
    Walk(
        "exporting",
        (
            Screen("settings", "/dashboard/settings/"),
            Screen("email-change", "/accounts/email/"),
            Screen("password-change", "/accounts/password/change/"),
            Screen("two-step-off", "/accounts/2fa/"),
            Screen("connections", "/accounts/3rdparty/"),
        ),
    ),
    Walk(
        "exporting",
        (Screen("connections-offered", "/accounts/3rdparty/"),),
        settings=SIGN_IN_PROVIDERS,
    ),
    Walk(
        "",
        (Screen("sign-in-others", "/accounts/login/"), Screen("sign-up-others", "/accounts/signup/")),
        settings=SIGN_IN_PROVIDERS,
    ),
    Walk("", (Screen("sign-in-second-step", "/accounts/login/", _second_step),)),
    Walk("without password", (Screen("password-set", "/accounts/password/set/"),)),
    Walk(
        "",
        (
            Screen("settings-signed-in", "/accounts/login/", _sign_in_safely),
            Screen("confirm-it-is-you", "/accounts/2fa/totp/activate/"),
            Screen("totp-activate", action=partial(_confirm, heading="Set up an authenticator app")),
            Screen("recovery-codes-new", action=_turn_app_on),
            Screen("passkey-add", "/accounts/2fa/webauthn/add/"),
            Screen("passkeys", action=_add_passkey),
            Screen("passkey-rename", action=_rename_passkey),
            Screen("passkey-remove", "/accounts/2fa/webauthn/", _remove_passkey),
            Screen("recovery-codes", "/accounts/2fa/recovery-codes/"),
            Screen("recovery-codes-generate", "/accounts/2fa/recovery-codes/generate/"),
            Screen("totp-deactivate", "/accounts/2fa/totp/deactivate/"),
            Screen("two-step-on", "/accounts/2fa/"),
            Screen("settings-safe", "/dashboard/settings/"),
            Screen("sessions", "/accounts/sessions/"),
            Screen("delete-account", "/dashboard/settings/delete/"),
            Screen("sign-out", "/accounts/logout/"),
        ),
        host="localhost",
        settings=PASSKEYS,
    ),
)
