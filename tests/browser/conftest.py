"""A browser beside the real server: pages of people who have signed in, and what every page must be."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from accounts.models import User
from tests.web_server import Server

# The first one has no window to draw, which takes about two thirds of the time.
PROGRAMS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM: Final = next(filter(None, map(shutil.which, PROGRAMS)), None)
SIZES: Final = {"wide": (1440, 900), "narrow": (390, 844)}
NARROWEST: Final = 320
SCHEMES: Final = ("light", "dark")
AXE_ALL: Final[dict[str, Any]] = {"resultTypes": ["violations"]}
OF_COLOURS: Final = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
AXE_COLOURS: Final[dict[str, Any]] = {**AXE_ALL, "runOnly": OF_COLOURS}
TIMEOUT_MILLISECONDS: Final = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the tests that cannot run here; where Chromium is required, fail them."""
    if CHROMIUM or os.environ.get("REQUIRE_CHROMIUM"):
        return
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.skip(reason="needs Chromium"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium for one file: Playwright keeps an event loop in this thread, beside which others cannot run theirs."""
    assert CHROMIUM, "Chromium is missing: install it, with apt for instance."
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would refuse to run queries beside that loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@dataclass
class Visitor:
    """Somebody with a browser of their own; what goes wrong in any of their pages is remembered."""

    context: BrowserContext
    url: str
    page: Page = field(init=False)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.open()

    def open(self) -> Page:
        """Return another tab."""
        page = self.context.new_page()
        page.set_default_timeout(TIMEOUT_MILLISECONDS)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("console", self._check_console)
        page.on("request", self._check_origin)
        return page

    def go(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(self.url + path)
        return self.page

    def _check_console(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.wrong.append(f"console: {line.text}")

    def _check_origin(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.wrong.append(f"another origin: {request.url}")


@pytest.fixture
def visitor_of(
    browser: Browser, server: Server, transactional_db: None, settings: Any
) -> Iterator[Callable[..., Visitor]]:
    """Give browsers: of the user named, who has signed in, or of nobody. None may have met an error in the end."""
    settings.SITE_URL = server.url
    visitors: list[Visitor] = []

    def new(user: User | None = None, *, host: str = "127.0.0.1", **options: Any) -> Visitor:
        width, height = SIZES["wide"]
        options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce", **options}
        url = server.url.replace("127.0.0.1", host)
        visitor = Visitor(browser.new_context(**options), url)
        if user is not None:
            visitor.context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": url}])
        visitors.append(visitor)
        return visitor

    yield new
    wrong = [each for visitor in visitors for each in visitor.wrong]
    for visitor in visitors:
        visitor.context.close()
    assert not wrong


@pytest.fixture
def alices(visitor_of: Callable[..., Visitor], alice: User) -> Visitor:
    """Alice's browser, in which she has signed in."""
    return visitor_of(alice)


@pytest.fixture
def anybody(visitor_of: Callable[..., Visitor]) -> Visitor:
    """The browser of somebody who has not signed in."""
    return visitor_of()


def session_of(user: User) -> str:
    """Return the cookie of a new session."""
    client = Client()
    client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    return client.cookies["sessionid"].value


def check_page(page: Page) -> None:
    """Check what every page must be: accessible in both sizes and schemes, and no wider than a small telephone."""
    problems: list[str] = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            # The schemes differ in colours alone: what else axe knows has been looked at in the first of them.
            rules = AXE_ALL if scheme == SCHEMES[0] else AXE_COLOURS
            problems += [f"{page.url} {scheme} {size}: {each}" for each in violations(page, rules)]
    page.set_viewport_size({"width": NARROWEST, "height": 700})
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > NARROWEST:
        problems.append(f"{page.url} is {wide} px wide in a window of {NARROWEST} px")
    width, height = SIZES["wide"]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert not problems, "\n".join(problems)


def violations(page: Page, options: dict[str, Any] = AXE_ALL) -> list[str]:
    """Return what axe finds on the page as it is, with these options of its `run`."""
    if not page.evaluate("Boolean(window.axe)"):
        # From the site, so that the browser compiles it once for all pages.
        page.add_script_tag(url="/static/vendor/axe/axe.min.js")
    found = page.evaluate("options => axe.run(document, options).then(result => result.violations)", options)
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]
