"""Takes every screen, wide and narrow, light and dark, into `.local/screenshots/`; words name only some of them."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# Settings are read once. A database of its own, on the server that the tests use; and buttons of others who vouch for
# people, which some screens show.
os.environ["TEST_DATABASE_NAME"] = "test_screenshots"
os.environ["GOOGLE_CLIENT_ID"] = os.environ["GOOGLE_CLIENT_SECRET"] = "screenshots"
os.environ["GITHUB_CLIENT_ID"] = os.environ["GITHUB_CLIENT_SECRET"] = "screenshots"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# Playwright keeps an event loop in this thread, beside which Django would refuse to run queries.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
os.environ.setdefault("LOG_LEVEL", "ERROR")

import django

from tests import environment

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import (  # noqa: E402
    override_settings,
    setup_databases,
    setup_test_environment,
    teardown_databases,
)
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402
from playwright.sync_api import Error as PlaywrightError  # noqa: E402

from tests.browser.screenshots import dashboard, entrances, public  # noqa: E402
from tests.browser.screenshots.cast import Cast, assemble  # noqa: E402
from tests.browser.screenshots.walks import Screen, Walk  # noqa: E402
from tests.browser.visitor import CHROMIUM, SCHEMES, SIZES, Visitor, session_of  # noqa: E402
from tests.conftest import TERMINATE_OTHER_CONNECTIONS  # noqa: E402
from tests.web_server import Server  # noqa: E402

FOLDER: Final = environment.LOCAL_DIR / "screenshots"
# What is under way comes first, before it has taken longer than anything does.
WALKS: Final = (*dashboard.WALKS, *public.WALKS, *entrances.WALKS)
# What a page with a bar at its foot, or a sidebar, needs to be seen whole: a window of its height. A dialog and what
# fills a window are as high as the window, and look right in one of the usual height.
HEIGHT: Final = """() => document.querySelector(".dashboard") && !document.querySelector("dialog[open]")
  ? document.documentElement.scrollHeight : 0"""
# Pictures below the fold load only when they are scrolled to, and a full page is never scrolled.
SETTLED: Final = """async () => {
  document.querySelectorAll("img[loading=lazy]").forEach((image) => { image.loading = "eager"; });
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
}"""


def main(words: list[str]) -> int:
    """Return 0 if every screen was taken and none of them met an error."""
    if not CHROMIUM:
        sys.exit("Chromium is missing: install it, with apt for instance.")
    if not words:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with _site() as (server, cast), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for walk in WALKS:
            if not words or any(word in screen.name for word in words for screen in walk.screens):
                wrong += _take(walk, chromium, server, cast)
        chromium.close()
    taken = len(list(FOLDER.glob("*.png")))
    sys.stdout.write("".join(f"WRONG {each}\n" for each in wrong) + f"{taken} pictures in {FOLDER}\n")
    return 1 if wrong else 0


@contextmanager
def _site() -> Iterator[tuple[Server, Cast]]:
    """Serve the site from a database and a storage that hold the cast and nothing else."""
    setup_test_environment(debug=False)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        with tempfile.TemporaryDirectory() as folder, Server() as server, override_settings(**_own(server, folder)):
            yield server, assemble()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(TERMINATE_OTHER_CONNECTIONS)
        teardown_databases(databases, verbosity=0)


def _own(server: Server, folder: str) -> dict[str, object]:
    """Return the settings that differ from the tests'."""
    pictures = {"BACKEND": "images.storage.files.DurableFileStorage", "OPTIONS": {"location": f"{folder}/media"}}
    return {
        "SITE_URL": server.url,
        "SANDBOX_PROVIDERS": "on",
        "RATE_LIMIT_PER_MINUTE": 0,
        "MAX_RUNNING_PER_USER": 0,
        "DEVELOPMENT_MAIL_DIR": Path(folder) / "mail",
        "SOCIALACCOUNT_PROVIDERS": {},
        "STORAGES": {**settings.STORAGES, "default": pictures, "pictures": pictures},
    }


def _take(walk: Walk, browser: Browser, server: Server, cast: Cast) -> list[str]:
    """Take the screens of one walk and return what went wrong on them."""
    wrong: list[str] = []
    with override_settings(**walk.settings):
        url = server.url.replace("127.0.0.1", walk.host)
        visitor = Visitor(browser.new_context(reduced_motion="reduce"), url)
        if walk.person:
            session = session_of(cast.people[walk.person])
            visitor.context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        for screen in walk.screens:
            visitor.wrong.clear()
            try:
                _show(visitor, screen, cast)
                _shoot(visitor.page, screen.name)
            except PlaywrightError as error:
                # What comes after it on this walk may need what did not happen here.
                wrong.append(f"{screen.name}: not taken, at {visitor.page.url}: {error.message}")
                break
            wrong += [f"{screen.name}: {each}" for each in visitor.wrong if not _is_expected(each, screen)]
        visitor.context.close()
    return wrong


def _show(visitor: Visitor, screen: Screen, cast: Cast) -> None:
    """Go to a screen as its person does, in a wide window."""
    width, height = SIZES["wide"]
    visitor.page.set_viewport_size({"width": width, "height": height})
    if screen.path:
        visitor.go(screen.path.format(**cast.ids))
    if screen.do:
        screen.do(visitor.page)


def _shoot(page: Page, name: str) -> None:
    """Write the four pictures of one screen, and say so."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(SETTLED)
        page.set_viewport_size({"width": width, "height": max(height, page.evaluate(HEIGHT))})
        is_dialog = page.locator("dialog[open]").count() > 0
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=not is_dialog)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sys.stdout.write(f"{name}\n")


def _is_expected(line: str, screen: Screen) -> bool:
    """Tell whether an error is only the browser's word that the page has the status it should have."""
    return screen.status != 200 and f"status of {screen.status}" in line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
