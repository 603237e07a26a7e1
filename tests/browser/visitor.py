"""A visitor with a browser, and the checks that every page must pass."""

import shutil
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from accounts.models import User

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
