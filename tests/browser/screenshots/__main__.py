"""Take screenshots of all screens, wide and narrow, light and dark, into `.local/screenshots/`.

Arguments limit the run to the walks with a screen whose name contains one of them.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# Set before Django reads its settings: a separate database on the test server, and sign-in providers for the screens
# that show their buttons.
os.environ["TEST_DATABASE_NAME"] = "test_screenshots"
os.environ["GOOGLE_CLIENT_ID"] = os.environ["GOOGLE_CLIENT_SECRET"] = "screenshots"
os.environ["GITHUB_CLIENT_ID"] = os.environ["GITHUB_CLIENT_SECRET"] = "screenshots"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
# Playwright runs an event loop in this thread, where Django refuses to run queries by default.
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

from tests.browser.screenshots import apps, dashboard, gallery, public, sign_in, viewer, webhooks  # noqa: E402
from tests.browser.screenshots.cast import Cast, assemble  # noqa: E402
from tests.browser.screenshots.walks import Screen, Walk  # noqa: E402
from tests.browser.visitor import ARGUMENTS, CHROMIUM, SCHEMES, SIZES, Visitor  # noqa: E402
from tests.conftest import TERMINATE_OTHER_CONNECTIONS  # noqa: E402
from tests.factories import session_of  # noqa: E402
from tests.web_server import Server  # noqa: E402

FOLDER: Final = environment.LOCAL_DIR / "screenshots"
# The dashboard comes first, so that the elapsed times of unfinished images are still plausible.
WALKS: Final = (
    *(*dashboard.WALKS, *gallery.WALKS, *apps.WALKS, *webhooks.WALKS),
    *(*public.WALKS, *sign_in.WALKS, *viewer.WALKS),
)
# Dashboard pages have fixed bars, so that they are only shown completely in a window as high as the page. Dialogs, and
# pages that fill the window, keep the usual height.
HEIGHT: Final = """() => document.querySelector(".dashboard") && !document.querySelector("dialog[open]")
  ? document.documentElement.scrollHeight : 0"""
# Lazy pictures load when they are scrolled into view, which a full-page screenshot does not do.
LOAD_ALL: Final = """async () => {
  document.querySelectorAll("img[loading=lazy]").forEach((image) => { image.loading = "eager"; });
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
}"""


def main(filters: list[str]) -> int:
    """Return the exit status: 0 if all screenshots were taken without errors, else 1."""
    if not CHROMIUM:
        sys.exit("Chromium is missing: install it, with apt for instance.")
    if not filters:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    errors: list[str] = []
    with _site() as (server, cast), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for walk in WALKS:
            if not filters or any(text in screen.name for text in filters for screen in walk.screens):
                errors += _take(walk, chromium, server, cast)
        chromium.close()
    count = len(list(FOLDER.glob("*.png")))
    sys.stdout.write("".join(f"ERROR {error}\n" for error in errors) + f"{count} pictures in {FOLDER}\n")
    return 1 if errors else 0


@contextmanager
def _site() -> Iterator[tuple[Server, Cast]]:
    """Serve the site with a database and a storage that contain only the cast."""
    setup_test_environment(debug=False)
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            Server() as server,
            override_settings(**_settings(server, folder)),
        ):
            yield server, assemble()
    finally:
        with connection.cursor() as cursor:
            cursor.execute(TERMINATE_OTHER_CONNECTIONS)
        teardown_databases(databases, verbosity=0)


def _settings(server: Server, folder: str) -> dict[str, object]:
    """Return the settings that differ from those of the tests."""
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
    """Take the screenshots of one walk and return the errors."""
    errors: list[str] = []
    with override_settings(**walk.settings):
        url = server.url.replace("127.0.0.1", walk.host)
        visitor = Visitor(browser.new_context(reduced_motion="reduce"), url)
        if walk.user:
            session = session_of(cast.users[walk.user])
            visitor.context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        for screen in walk.screens:
            visitor.errors.clear()
            try:
                _show(visitor, screen, cast)
                _shoot(visitor.page, screen.name)
            except PlaywrightError as error:
                # The following screens of the walk may depend on this one.
                errors.append(f"{screen.name}: not taken, at {visitor.page.url}: {error.message}")
                break
            errors += [f"{screen.name}: {message}" for message in visitor.errors if not _is_expected(message, screen)]
        visitor.context.close()
    return errors


def _show(visitor: Visitor, screen: Screen, cast: Cast) -> None:
    """Open a screen in a wide window and run its action."""
    width, height = SIZES["wide"]
    visitor.page.set_viewport_size({"width": width, "height": height})
    if screen.path:
        visitor.go(screen.path.format(**cast.ids))
    if screen.action:
        screen.action(visitor.page)


def _shoot(page: Page, name: str) -> None:
    """Write the four screenshots of one screen and print its name."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(LOAD_ALL)
        page.set_viewport_size({"width": width, "height": max(height, page.evaluate(HEIGHT))})
        is_dialog = page.locator("dialog[open]").count() > 0
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.screenshot(path=FOLDER / f"{name}-{size}-{scheme}.png", full_page=not is_dialog)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    sys.stdout.write(f"{name}\n")


def _is_expected(message: str, screen: Screen) -> bool:
    """Return whether an error is only the browser's log line for the expected status of the page."""
    return screen.status != 200 and f"status of {screen.status}" in message


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
