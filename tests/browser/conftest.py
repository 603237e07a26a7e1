"""A browser beside the real server: pages of people who have signed in, and what every page must be."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from accounts.models import User
from tests.browser.visitor import CHROMIUM, SIZES, Visitor, session_of
from tests.web_server import Server


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
