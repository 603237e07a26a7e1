"""Fixtures for the browser tests: Chromium, and visitors who use the running test server."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from accounts.models import User
from tests.browser.visitor import ARGUMENTS, CHROMIUM, SIZES, TIMEOUT_MILLISECONDS, Visitor
from tests.factories import session_of
from tests.web_server import Server

# Assertions wait as long as actions do, which is enough for a busy machine.
expect.set_options(timeout=TIMEOUT_MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the browser tests if Chromium is missing, unless REQUIRE_CHROMIUM is set; then they fail."""
    if CHROMIUM or os.environ.get("REQUIRE_CHROMIUM"):
        return
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.skip(reason="needs Chromium"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start Chromium for one test file, because Playwright's event loop in this thread prevents others from running."""
    assert CHROMIUM, "Chromium is missing: install it, with apt for instance."
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django refuses to run queries in a thread with a running event loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def used_contexts(browser: Browser) -> dict[str, list[BrowserContext]]:
    """Contexts of earlier tests of the file, by their options: a new one starts a process and fetches every file."""
    return defaultdict(list)


@pytest.fixture
def visitor_of(
    browser: Browser,
    used_contexts: dict[str, list[BrowserContext]],
    server: Server,
    transactional_db: None,
    settings: Any,
) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a browser, signed in as a user or anonymous. Fails if a page had an error."""
    settings.SITE_URL = server.url
    visitors: list[tuple[Visitor, str]] = []

    def new(user: User | None = None, *, host: str = "127.0.0.1", **options: Any) -> Visitor:
        width, height = SIZES["wide"]
        options = {"viewport": {"width": width, "height": height}, "reduced_motion": "reduce", **options}
        url = server.url.replace("127.0.0.1", host)
        kind = repr(sorted(options.items()))
        context = used_contexts[kind].pop() if used_contexts[kind] else browser.new_context(**options)
        visitor = Visitor(context, url)
        if user is not None:
            visitor.context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": url}])
        visitors.append((visitor, kind))
        return visitor

    yield new
    errors = [error for visitor, _ in visitors for error in visitor.errors]
    for visitor, kind in visitors:
        visitor.leave()
        used_contexts[kind].append(visitor.context)
    assert not errors


@pytest.fixture
def alices(visitor_of: Callable[..., Visitor], alice: User) -> Visitor:
    """Return a browser that is signed in as Alice."""
    return visitor_of(alice)


@pytest.fixture
def anonymous(visitor_of: Callable[..., Visitor]) -> Visitor:
    """Return a browser that is not signed in."""
    return visitor_of()
