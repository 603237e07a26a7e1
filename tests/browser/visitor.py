"""A visitor with a browser, and the accessibility and layout checks for every page."""

import shutil
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

# The headless shell comes first: without a window it needs about two thirds of the time.
PROGRAMS: Final = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM: Final = next(filter(None, map(shutil.which, PROGRAMS)), None)
# A page that a test supplies itself, such as the chat of an MCP host, does not count as local for Chromium, which would
# keep its frames from loading pictures of the local server.
ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--disable-features=LocalNetworkAccessChecks")
SIZES: Final = {"wide": (1440, 900), "narrow": (390, 844)}
NARROWEST: Final = 320
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
# No rule in use reads the style sheets, which axe would fetch again for each run.
AXE: Final[dict[str, Any]] = {"resultTypes": ["violations"], "preload": False}
TIMEOUT_MILLISECONDS: Final = 20_000


@dataclass
class Visitor:
    """A visitor with a separate browser context, which records the errors of all its pages."""

    context: BrowserContext
    url: str
    page: Page = field(init=False)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.open()

    def open(self) -> Page:
        """Open another tab."""
        page = self.context.new_page()
        page.set_default_timeout(TIMEOUT_MILLISECONDS)
        page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        page.on("console", self._check_console)
        page.on("request", self._check_origin)
        return page

    def go(self, path: str) -> Page:
        """Open a page of the site."""
        self.page.goto(self.url + path)
        return self.page

    def leave(self) -> None:
        """Close all pages and clear what the browser stores except its cache, so that another visitor can follow."""
        origins = {self.url, *(page.url for page in self.context.pages if page.url.startswith("http"))}
        first, *others = self.context.pages or [self.context.new_page()]
        for page in others:
            page.close()
        session = self.context.new_cdp_session(first)
        for url in origins:
            session.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "local_storage,indexeddb"})
        first.close()
        self.context.clear_cookies()
        self.context.clear_permissions()

    def _check_console(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.errors.append(f"console: {line.text} {line.location['url']}")

    def _check_origin(self, request: Request) -> None:
        if not request.url.startswith((self.url, self.url.replace("http", "ws", 1), "data:", "blob:")):
            self.errors.append(f"another origin: {request.url}")


def check_page(page: Page) -> None:
    """Check that a page is accessible in both sizes and colour schemes, and fits the width of a small phone."""
    # A click may just have started to open the page.
    page.wait_for_load_state()
    problems: list[str] = []
    # Each size and each scheme once. Different pages combine them differently, so that what all pages have in common is
    # checked in every combination.
    schemes = SCHEMES if len(page.url) % 2 else SCHEMES[::-1]
    for (size, (width, height)), scheme in zip(SIZES.items(), schemes, strict=True):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        problems += [f"{page.url} {scheme} {size}: {violation}" for violation in violations(page)]
    page.set_viewport_size({"width": NARROWEST, "height": 700})
    content_width = page.evaluate("document.documentElement.scrollWidth")
    if content_width > NARROWEST:
        problems.append(f"{page.url} is {content_width} px wide in a window of {NARROWEST} px")
    width, height = SIZES["wide"]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    assert not problems, "\n".join(problems)


def violations(page: Page) -> list[str]:
    """Return the violations that axe finds in the current state of the page."""
    if not page.evaluate("Boolean(window.axe)"):
        # Loaded from the site, so that the browser caches the compiled script across pages.
        page.add_script_tag(url="/static/vendor/axe/axe.min.js")
    results = page.evaluate("options => axe.run(document, options).then(result => result.violations)", AXE)
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in results for node in rule["nodes"]]
