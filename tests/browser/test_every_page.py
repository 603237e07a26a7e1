"""Accessibility and layout checks of every page, for accounts with and without data."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from django.core.mail import EmailMessage
from django.db import connections
from django.test import Client

from development import mailbox
from images.failures import ModerationRejected
from tests import site
from tests.browser.scenes import active_account, failed
from tests.browser.visitor import Visitor, check_page
from tests.factories import queued_image
from tests.site import Site
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

# Pages that differ for an account without data.
EMPTY_ACCOUNT_PAGES: Final = (*site.NEWCOMER_PAGES, "overview", "generate", "gallery", "usage", "keys", "mfa_index")
Result = TypeVar("Result")
OPEN_ALL: Final = "document.querySelectorAll('main details').forEach(details => details.open = true)"


@pytest.fixture(autouse=True)
def _sandbox(settings: Any, tmp_path: Path) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    settings.DEVELOPMENT_MAIL_DIR = tmp_path
    mailbox.save(EmailMessage("A subject", "A body with a long line. " * 20, None, ["alice@example.com"]))


@pytest.fixture
def visitor_like(visitor_of: Callable[..., Visitor]) -> Callable[[Client], Visitor]:
    """Return a function that opens a browser with the cookies of a Django test client."""

    def like(client: Client) -> Visitor:
        visitor = visitor_of()
        cookies = [{"name": name, "value": cookie.value, "url": visitor.url} for name, cookie in client.cookies.items()]
        visitor.context.add_cookies(cookies)  # type: ignore[arg-type]
        return visitor

    return like


def in_thread(function: Callable[[], Result]) -> Result:
    """Call a function that uses Django's test client in another thread: this one runs Playwright's event loop."""

    def call_and_close() -> Result:
        try:
            return function()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call_and_close).result()


def check_all(visitor: Visitor, paths: Iterable[str]) -> None:
    for path in paths:
        page = visitor.go(path)
        page.evaluate(OPEN_ALL)
        check_page(page)


def test_public_pages(visitor_like: Callable[[Client], Visitor], settings: Any) -> None:
    pages, visitor = in_thread(Site), visitor_like(Client())
    for name in site.PUBLIC_PAGES:
        settings.DEBUG = name == "development-mail"
        check_all(visitor, [pages.path(name)])
    # The page of a failed sign-in with a provider has status 401, which the browser logs as an error.
    visitor.errors = [error for error in visitor.errors if "401" not in error]


def test_pages_of_unfinished_flows(visitor_like: Callable[[Client], Visitor]) -> None:
    pages = in_thread(Site)
    for name in site.FLOW_PAGES:
        client = in_thread(lambda name=name: pages.client_for(name))  # type: ignore[misc]
        check_all(visitor_like(client), [pages.path(name)])


def test_pages_of_an_account_with_data(visitor_like: Callable[[Client], Visitor]) -> None:
    pages = in_thread(Site)
    active_account(pages.owner)
    check_all(visitor_like(pages.owner_client), [pages.path(name) for name in site.OWNER_PAGES])


def test_pages_of_an_empty_account(visitor_like: Callable[[Client], Visitor]) -> None:
    pages = in_thread(Site)
    check_all(visitor_like(pages.newcomer_client), [pages.path(name) for name in EMPTY_ACCOUNT_PAGES])


def test_images_in_every_state(visitor_like: Callable[[Client], Visitor]) -> None:
    pages = in_thread(Site)
    rejected = failed(pages.owner, SAMPLES[5], ModerationRejected.with_advice("The provider declined."))
    image_ids = [rejected.pk, queued_image(pages.owner).pk, pages.ids["image_id"]]
    gallery, generate = pages.path("gallery"), pages.path("generate")
    paths = [f"{generate}?image={image_id}" for image_id in image_ids]
    paths += [f"{gallery}{image_id}/" for image_id in image_ids[:2]]
    check_all(
        visitor_like(pages.owner_client), [*paths, f"{gallery}?state=all&since=2026-01-01", f"{gallery}?q=nothing"]
    )
