"""Open pages whose session has ended, whose token is stale, or whose server is away."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from accounts import api_keys
from accounts.models import User
from tests import site
from tests.browser.scenes import finished
from tests.browser.test_every_page import in_thread, visitor_like  # noqa: F401 - a fixture
from tests.browser.visitor import Visitor, check_page
from tests.factories import session_of
from tests.site import Site
from tests.website.sign_in.steps import PASSWORD, verified_user
from website import live
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

GENERATE: Final = "/dashboard/generate/"
PROMPT: Final = "a lake that was typed before the session ended"
# The htmx elements of the page, each described by its request, target and place.
DESCRIBE_ALL: Final = """() => [...document.querySelectorAll("[hx-get], [hx-post]")].map((element) => {
  const { attributes, parentElement } = element;
  const hx = [...attributes].filter(({ name }) => name.startsWith("hx-")).map(({ name, value }) => name + value);
  return [element.tagName, element.className, parentElement.className, ...hx].join(" ");
})"""
# Sends the requests of the htmx elements with these numbers, one after the other.
SEND: Final = """async (numbers) => {
  const elements = [...document.querySelectorAll("[hx-get], [hx-post]")];
  for (const element of numbers.map((number) => elements[number])) {
    const verb = element.hasAttribute("hx-post") ? "post" : "get";
    await htmx.ajax(verb, element.getAttribute(`hx-${verb}`), { source: element }).catch(() => {});
  }
}"""
# What differs between elements of the same kind.
VARYING: Final = re.compile(r"[0-9a-f-]{36}|\d+")
# A socket that never opens, so that only the requests under test are sent.
NO_SOCKET: Final = "window.WebSocket = class extends EventTarget {};"


def is_expected(error: str) -> bool:
    return "Failed to load resource" in error or "htmx:" in error or "Error Code 503" in error


@pytest.fixture(autouse=True)
def verified_alice(alice: User) -> User:
    """Alice with a password and a verified address."""
    return verified_user(alice)


@pytest.fixture
def visitor(visitor_of: Callable[..., Visitor], alice: User) -> Iterator[Visitor]:
    """Return Alice's browser. Failed requests, which the browser logs, are expected."""
    visitor = visitor_of(alice)
    yield visitor
    visitor.errors = [error for error in visitor.errors if not is_expected(error)]


def sign_in_again(page: Page) -> None:
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def end_sessions(page: Page) -> None:
    """End all sessions, after the requests of the opening socket: a later one would open the dialog at once."""
    page.wait_for_selector("body[data-live]")
    page.wait_for_load_state("networkidle")
    in_thread(Session.objects.all().delete)


def test_generate_without_a_session_returns_with_the_prompt_after_sign_in(visitor: Visitor) -> None:
    page = visitor.go(GENERATE)
    page.get_by_label("Prompt").fill(PROMPT)
    page.get_by_text("16:9").click()
    page.get_by_text("gemini-3-pro").first.click()
    page.locator("[data-option=resolution] label").filter(has_text="4K").click()
    end_sessions(page)
    page.get_by_role("button", name="Generate").click()
    dialog = page.get_by_role("dialog", name="You've been signed out")
    expect(dialog).to_contain_text("Nothing was charged.")
    expect(dialog).to_contain_text("It will be here after you sign in as alice@example.com.")
    check_page(page)
    sign_in_again(page)
    page.wait_for_url(f"**{GENERATE}")
    expect(page.get_by_label("Prompt")).to_have_value(PROMPT)
    expect(page.locator("[name=aspect_ratio]:checked")).to_have_value("16:9")
    expect(page.locator("[name=resolution]:checked")).to_have_value("4K")
    expect(page.locator("[data-cost]")).to_contain_text("22")
    page.reload()
    expect(page.get_by_label("Prompt")).to_have_value("")


def test_signing_out_in_another_tab_shows_the_dialog(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SESSION_RECHECK_SECONDS", 0.2)
    page = visitor.go("/dashboard/settings/")
    page.wait_for_selector("body[data-live]")
    other = visitor.open()
    other.goto(visitor.url + "/dashboard/")
    other.locator(".account-menu summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url(visitor.url + "/")
    dialog = page.get_by_role("dialog", name="You've been signed out")
    expect(dialog.get_by_role("link", name="Sign in again")).to_have_attribute(
        "href", "/accounts/login/?next=/dashboard/settings/"
    )


def test_filters_without_a_session_return_with_their_values(visitor: Visitor, alice: User) -> None:
    in_thread(lambda: finished(alice, SAMPLES[2]))
    page = visitor.go("/dashboard/images/")
    end_sessions(page)
    page.locator("#search").fill("lake")
    sign_in_again(page)
    page.wait_for_url("**/dashboard/images/?q=lake")
    expect(page.locator("#search")).to_have_value("lake")


def test_a_form_without_a_session_returns_with_its_values(visitor: Visitor) -> None:
    page = visitor.go("/dashboard/keys/new/")
    page.get_by_label("Name").fill("A laptop of mine")
    end_sessions(page)
    page.get_by_role("button", name="Create key").click()
    page.get_by_label("Email").fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard/keys/new/")
    expect(page.get_by_label("Name")).to_have_value("A laptop of mine")


def test_another_user_does_not_get_the_draft(visitor: Visitor, bob: User) -> None:
    page = visitor.go(GENERATE)
    page.get_by_label("Prompt").fill(PROMPT)
    end_sessions(page)
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("dialog", name="You've been signed out").wait_for()
    cookie = in_thread(lambda: session_of(bob))
    visitor.context.add_cookies([{"name": "sessionid", "value": cookie, "url": visitor.url}])
    visitor.go(GENERATE)
    expect(page.get_by_label("Prompt")).to_have_value("")
    assert page.evaluate("sessionStorage.getItem('draft')") is None


def test_a_stale_token_offers_to_reload_and_keeps_the_prompt(visitor: Visitor) -> None:
    page = visitor.go(GENERATE)
    page.get_by_label("Prompt").fill(PROMPT)
    page.locator("#composer [name=csrfmiddlewaretoken]").evaluate("token => { token.value = 'x'.repeat(64) }")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("dialog", name="This page is out of date").wait_for()
    check_page(page)
    page.get_by_role("button", name="Reload page").click()
    expect(page.get_by_role("dialog", name="This page is out of date")).to_be_hidden()
    expect(page.get_by_label("Prompt")).to_have_value(PROMPT)
    page.get_by_role("button", name="Generate").click()
    page.wait_for_url("**?image=*")


@pytest.mark.parametrize("status", [None, 503])
def test_generate_is_tried_again_when_the_server_is_back(visitor: Visitor, status: int | None) -> None:
    page = visitor.go(GENERATE)
    page.get_by_label("Prompt").fill(PROMPT)
    page.route(f"**{GENERATE}", lambda route: route.fulfill(status=status) if status else route.abort())
    page.get_by_role("button", name="Generate").click()
    alert = page.locator("#request-failure")
    expect(alert).to_contain_text("couldn't")
    # A trial click fails if another element covers the button.
    page.get_by_role("button", name="Generate").click(trial=True)
    check_page(page)
    expect(page.get_by_label("Prompt")).to_have_value(PROMPT)
    page.unroute(f"**{GENERATE}")
    alert.get_by_role("button", name="Try again").press("Enter")
    page.wait_for_url("**?image=*")
    expect(alert).to_be_hidden()
    expect(page.get_by_role("button", name="Queue another")).to_be_focused()


def test_a_maintenance_page_is_not_swapped_into_a_part(visitor: Visitor) -> None:
    page = visitor.go("/dashboard/usage/")
    page.route("**/dashboard/usage/?*", lambda route: route.fulfill(body="<!doctype html><h1>Maintenance</h1>"))
    page.get_by_text("90 days").click()
    page.locator("#request-failure").get_by_role("button", name="Reload page").wait_for()
    expect(page.get_by_role("heading", name="Maintenance")).to_have_count(0)


def walk(visitor: Visitor, pages: Site, before: Callable[[Page], None], expected: str) -> int:
    """Send each kind of htmx request of all pages after `before`, and check that the page shows what is expected."""
    sent: set[str] = set()
    page = visitor.page
    page.add_init_script(NO_SOCKET)
    for name in site.OWNER_PAGES:
        visitor.go(pages.path(name))
        # Elements that many pages have, such as those of the menu, are tried on the first of them.
        numbers = []
        for number, description in enumerate(page.evaluate(DESCRIBE_ALL)):
            kind = VARYING.sub("*", description)
            if kind not in sent:
                sent.add(kind)
                numbers.append(number)
        if not numbers:
            continue
        heading = page.locator("h1").first.inner_text()
        before(page)
        page.evaluate(SEND, numbers)
        expect(page.locator(expected)).to_be_visible()
        assert page.locator("h1").count() == 1, name
        assert page.locator("h1").first.inner_text() == heading, name
        page.unroute_all()
    visitor.errors = [error for error in visitor.errors if not is_expected(error)]
    return len(sent)


def test_every_element_of_every_page_shows_that_the_server_is_away(
    visitor_like: Callable[..., Visitor],  # noqa: F811
) -> None:
    def leave(page: Page) -> None:
        def abort_htmx(route: Route) -> None:
            if "hx-request" in route.request.headers:
                route.abort()
            else:
                route.continue_()

        page.route("**/*", abort_htmx)

    pages = in_thread(Site)
    expected = "#request-failure button[data-retry]"
    assert walk(visitor_like(pages.owner_client), pages, leave, expected) > 10


def test_every_element_of_every_page_shows_that_the_session_has_ended(
    visitor_like: Callable[..., Visitor],  # noqa: F811
) -> None:
    pages = in_thread(Site)
    visitor = visitor_like(pages.owner_client)
    cookies = visitor.context.cookies()

    def sign_out(_page: Page) -> None:
        visitor.context.clear_cookies(name="sessionid")

    original = visitor.go

    def go(path: str) -> Page:
        visitor.context.add_cookies(cookies)  # type: ignore[arg-type]
        return original(path)

    visitor.go = go  # type: ignore[method-assign]
    assert walk(visitor, pages, sign_out, "#signed-out[open]") > 10


def test_the_dialog_does_not_call_a_chosen_filter_typed(visitor: Visitor, alice: User) -> None:
    in_thread(lambda: finished(alice, SAMPLES[2]))
    page = visitor.go("/dashboard/images/")
    page.wait_for_selector("body[data-live]")
    page.wait_for_load_state("networkidle")
    with page.expect_response("**/dashboard/images/?*ratio=*"):
        page.get_by_label("Aspect ratio").select_option(index=1)
    end_sessions(page)
    page.get_by_label("Aspect ratio").select_option(index=2)
    dialog = page.get_by_role("dialog", name="You've been signed out")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("What you typed is saved")).to_be_hidden()


def test_the_dialog_does_not_call_the_first_values_of_a_form_typed(visitor: Visitor, alice: User) -> None:
    key, _ = in_thread(lambda: api_keys.create(alice, name="Laptop", monthly_credit_cap=50))
    page = visitor.go(f"/dashboard/keys/{key.pk}/")
    expect(page.get_by_label("Name")).to_have_value("Laptop")
    end_sessions(page)
    page.evaluate("document.body.dispatchEvent(new CustomEvent('live-key', { bubbles: true }))")
    dialog = page.get_by_role("dialog", name="You've been signed out")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("What you typed is saved")).to_be_hidden()
