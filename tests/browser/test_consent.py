"""The consent page in a browser: the ways back to each kind of app, keyboard, no script, and accessibility."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import ApiKey, OAuthClient, User
from tests.accounts.oauth.steps import connect, create_client
from tests.browser.test_sign_in import sign_in
from tests.browser.visitor import Visitor, check_page
from tests.factories import create_user
from tests.http_server import HttpServer
from tests.website.oauth.steps import consent_path
from tests.website.sign_in.steps import code_in_mail, verified_user

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENT = "https://claude.example/client.json"
WEB = "https://claude.example/callback"
SCHEME = "cursor://anysphere.cursor-mcp/oauth/callback"
LOOPBACK = "http://127.0.0.1/callback"


class Callback(BaseHTTPRequestHandler):
    """The page of an app to which a person returns, at most paths; `/onward` leads to it at another origin."""

    def do_GET(self) -> None:
        if self.path.startswith("/onward"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.connection.getsockname()[1]}/connected")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"<!doctype html><title>App</title><link rel=icon href=data:,><h1>Back in the app</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing to the terminal."""


@pytest.fixture
def app_url() -> Iterator[str]:
    """The address of an app's HTTP server on this computer."""
    with HttpServer(Callback) as server:
        yield server.url


@pytest.fixture
def alices_consent(alices: Visitor, app_url: str) -> Iterator[Visitor]:
    """Alice's browser, which may also open the app's server."""
    yield alices
    # The app is another origin, and the pages of errors have the status of an error.
    expected = (f"another origin: {app_url}", f"another origin: {app_url.replace('127.0.0.1', 'localhost')}")
    alices.errors = [
        error
        for error in alices.errors
        if not error.startswith(expected) and not re.search("status of 4(00|22)", error)
    ]


def new_app(*redirect_uris: str, client_id: str = "studio", name: str = "Studio app") -> str:
    """Create a client and return its id. Its name is vouched for by a host if its id is a URL."""
    fresh_until = timezone.now() + timedelta(days=1) if client_id.startswith("https") else None
    OAuthClient.objects.create(id=client_id, name=name, redirect_uris=list(redirect_uris), fresh_until=fresh_until)
    return client_id


def redirect(page: Page) -> dict[str, str]:
    """Return the parameters that the app received."""
    expect(page.get_by_role("heading", name="Back in the app")).to_be_visible()
    return {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connect_returns_to_a_program_on_this_computer(alices_consent: Visitor, app_url: str, host: str) -> None:
    url = app_url.replace("127.0.0.1", host)
    page = alices_consent.go(consent_path(new_app(f"http://{host}/callback"), redirect_uri=f"{url}/callback"))
    page.get_by_role("button", name="Connect").click()
    received = redirect(page)
    assert page.url.startswith(f"{url}/callback?code=")
    assert (received["state"], received["iss"]) == ("some state", alices_consent.url)
    assert ApiKey.objects.get(client="studio").monthly_credit_cap == 100


def test_cancel_returns_without_a_connection(alices_consent: Visitor, app_url: str) -> None:
    page = alices_consent.go(consent_path(new_app(LOOPBACK), redirect_uri=f"{app_url}/callback"))
    page.get_by_role("button", name="Cancel").click()
    assert redirect(page)["error"] == "access_denied"
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(("button", "parameter"), [("Connect", "code="), ("Cancel", "error=access_denied")])
@pytest.mark.parametrize("redirect_uri", [WEB, SCHEME, "http://[::1]:9/callback"])
def test_both_buttons_return_to_every_kind_of_app(
    alices: Visitor, redirect_uri: str, button: str, parameter: str
) -> None:
    page = alices.go(consent_path(new_app(redirect_uri), redirect_uri=redirect_uri))
    # There is no such app, but the browser requests its address, unless the page's policy forbids it.
    with page.expect_request(lambda request: request.url.startswith(f"{redirect_uri}?{parameter}")):
        page.get_by_role("button", name=button).click()
    alices.errors = [error for error in alices.errors if not error.startswith(f"another origin: {redirect_uri}")]


def test_the_page_works_by_keyboard(alices_consent: Visitor, app_url: str) -> None:
    page = alices_consent.go(consent_path(new_app(LOOPBACK), redirect_uri=f"{app_url}/callback"))
    focus: list[str] = []
    for _ in range(9):
        page.keyboard.press("Tab")
        focus.append(page.evaluate("document.activeElement.innerText || document.activeElement.name"))
    assert focus == [
        *("Skip to content", "Get Images", "Not you?", "name", "monthly_credit_cap", "confirm_above", "All 9 models"),
        *("Cancel", "Connect"),
    ]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    # The buttons for all models and for none come before the first model.
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_text("8 of 9 models")).to_be_visible()
    page.get_by_label("Connection name").focus()
    page.keyboard.press("End")
    page.keyboard.type(" at home")
    # The Enter key connects, although Cancel is the first button.
    page.keyboard.press("Enter")
    assert "code" in redirect(page)
    connection = ApiKey.objects.get(client="studio")
    assert (connection.name, len(connection.allowed_models or [])) == ("Studio app at home", 8)


def test_the_page_works_without_script(visitor_of: Callable[..., Visitor], alice: User, app_url: str) -> None:
    visitor = visitor_of(alice, java_script_enabled=False)
    page = visitor.go(consent_path(new_app(LOOPBACK), redirect_uri=f"{app_url}/callback"))
    page.locator("summary").click()
    for name in ("gpt-image-1.5", "gemini-2.5-flash"):
        page.get_by_label(name).uncheck()
    page.get_by_label("Connection name").fill("x" * 81)
    page.get_by_label("Monthly cap").fill("40")
    page.get_by_label("Ask me above").fill("10")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("Enter a name of 1 to 80 characters.")).to_be_visible()
    expect(page.get_by_text("7 of 9 models")).to_be_visible()
    page.get_by_label("Connection name").fill("My studio")
    page.get_by_role("button", name="Connect").click()
    assert "code" in redirect(page)
    connection = ApiKey.objects.get(client="studio")
    assert (connection.name, connection.monthly_credit_cap, connection.confirm_above) == ("My studio", 40, 10)
    visitor.errors = [error for error in visitor.errors if app_url not in error and "status of 422" not in error]


def test_another_person_signs_in_and_comes_back_to_the_request(
    alices_consent: Visitor, bob: User, app_url: str
) -> None:
    verified_user(bob)
    page = alices_consent.go(consent_path(new_app(LOOPBACK), redirect_uri=f"{app_url}/callback"))
    page.get_by_role("button", name="Not you?").click()
    sign_in(page, "bob@example.com")
    expect(page.get_by_text("bob@example.com, 100 credits.")).to_be_visible()
    page.get_by_role("button", name="Connect").click()
    assert redirect(page)["state"] == "some state"
    assert ApiKey.objects.get(client="studio").user == bob


@pytest.fixture
def signed_out(anonymous: Visitor, alice: User, app_url: str) -> Iterator[Visitor]:
    """A browser in which Alice has yet to sign in, and which may open the app's server."""
    verified_user(alice)
    yield anonymous
    anonymous.errors = [
        error
        for error in anonymous.errors
        if not error.startswith(f"another origin: {app_url}") and "status of 400" not in error
    ]


def sign_in_by_code(page: Page) -> None:
    page.get_by_role("link", name="Email me a sign-in code instead").click()
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Code").fill(code_in_mail())
    page.get_by_role("button", name="Continue").click()


def sign_in_by_password(page: Page) -> None:
    sign_in(page, "alice@example.com")


@pytest.mark.parametrize("steps", [sign_in_by_password, sign_in_by_code])
def test_after_sign_in_an_error_returns_to_the_app(
    signed_out: Visitor, app_url: str, steps: Callable[[Page], None]
) -> None:
    # The browser applies form-action of the sign-in page to a redirect that follows its form.
    parameters = {"redirect_uri": f"{app_url}/callback", "code_challenge": None}
    page = signed_out.go(consent_path(new_app(LOOPBACK), **parameters))
    steps(page)
    expect(page.get_by_role("heading", name="This app can't be connected")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="Return to the app").click()
    received = redirect(page)
    assert (received["error"], received["state"], received["iss"]) == ("invalid_request", "some state", signed_out.url)


@pytest.mark.parametrize("button", ["Connect", "Cancel"])
def test_after_sign_in_the_decision_returns_to_the_app(signed_out: Visitor, app_url: str, button: str) -> None:
    page = signed_out.go(consent_path(new_app(LOOPBACK), redirect_uri=f"{app_url}/callback"))
    sign_in_by_password(page)
    page.get_by_role("button", name=button).click()
    assert redirect(page)["state"] == "some state"


def test_the_form_shows_how_many_images_the_cap_pays_for(alices: Visitor) -> None:
    page = alices.go(consent_path(new_app(LOOPBACK), redirect_uri=LOOPBACK))
    expect(page.get_by_text("About 50 images a month with gpt-image-2.5-flare")).to_be_visible()
    page.get_by_label("Monthly cap").fill("")
    expect(page.get_by_text("images a month")).to_be_hidden()


@pytest.mark.parametrize(
    ("client_id", "redirect_uri", "credits"), [(DOCUMENT, WEB, 0), ("cursor", SCHEME, 1), ("studio", LOOPBACK, 100)]
)
def test_each_kind_of_app_has_an_accessible_page(
    visitor_of: Callable[..., Visitor], client_id: str, redirect_uri: str, credits: int
) -> None:
    visitor = visitor_of(create_user("carol@example.com", credits=credits))
    name = "An agent with a name of many words that fill more than the line " + "x" * 16
    page = visitor.go(consent_path(new_app(redirect_uri, client_id=client_id, name=name), redirect_uri=redirect_uri))
    page.locator("summary").click()
    check_page(page)


def test_pages_with_errors_are_accessible(alices_consent: Visitor) -> None:
    page = alices_consent.go(consent_path(new_app(LOOPBACK), redirect_uri=LOOPBACK))
    page.locator("form.consent-form").evaluate("form => { form.noValidate = true; }")
    page.get_by_label("Connection name").fill(" ")
    page.get_by_label("Monthly cap").fill("0")
    page.get_by_role("button", name="Connect").click()
    expect(page.get_by_text("Enter a name of 1 to 80 characters.")).to_be_visible()
    check_page(page)
    check_page(alices_consent.go(consent_path("studio", redirect_uri="https://elsewhere.example/")))


def test_an_app_is_changed_and_disconnected_on_the_keys_page(alices: Visitor, alice: User) -> None:
    connect(alice, create_client("Studio app"))
    page = alices.go("/dashboard/keys/")
    row = page.get_by_role("row").filter(has_text="Studio app")
    page.get_by_role("link", name="Edit Studio app").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_page(page)
    page.get_by_label("Monthly cap").fill("7")
    page.get_by_role("button", name="Save app").click()
    expect(row).to_contain_text("0 of 7")
    page.get_by_role("link", name="Disconnect Studio app").click()
    expect(page.get_by_role("link", name="Keep app")).to_be_focused()
    check_page(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Disconnect Studio app")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Disconnect app").click()
    expect(row).to_contain_text("Disconnected")
    check_page(page)
