"""Every page in a browser, with little and with much on it: accessible in both sizes and schemes, and narrow."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from django.core.mail import EmailMessage
from django.db import connections
from django.test import Client

from development import mailbox
from images.exceptions import ModerationRejected
from tests import site
from tests.browser.scenes import busy_account, unmade
from tests.browser.visitor import Visitor, check_page
from tests.factories import queued_image
from tests.site import Site
from website.public.samples import SAMPLES

pytestmark = pytest.mark.django_db(transaction=True)

# Pages that look different to somebody who has nothing yet.
OF_NEWCOMERS: Final = (*site.OF_NEWCOMERS, "overview", "generate", "gallery", "usage", "keys", "mfa_index")
Result = TypeVar("Result")
OPEN_ALL: Final = "document.querySelectorAll('main details').forEach(each => each.open = true)"


@pytest.fixture(autouse=True)
def _sandbox(settings: Any, tmp_path: Path) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    settings.DEVELOPMENT_MAIL_DIR = tmp_path
    mailbox.save(EmailMessage("A subject", "A body with a long line. " * 20, None, ["alice@example.com"]))


@pytest.fixture
def visitor_like(visitor_of: Callable[..., Visitor]) -> Callable[[Client], Visitor]:
    """Give a browser where this client is."""

    def like(client: Client) -> Visitor:
        visitor = visitor_of()
        cookies = [{"name": name, "value": each.value, "url": visitor.url} for name, each in client.cookies.items()]
        visitor.context.add_cookies(cookies)  # type: ignore[arg-type]
        return visitor

    return like


def apart(work: Callable[[], Result]) -> Result:
    """Do something with Django's client in another thread: in this one Playwright's event loop is in its way."""

    def closing() -> Result:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(closing).result()


def check_all(visitor: Visitor, paths: Iterable[str]) -> None:
    for path in paths:
        page = visitor.go(path)
        page.evaluate(OPEN_ALL)
        check_page(page)


def test_public_pages(visitor_like: Callable[[Client], Visitor], settings: Any) -> None:
    of, visitor = apart(Site), visitor_like(Client())
    for name in site.PUBLIC:
        settings.DEBUG = name == "development-mail"
        check_all(visitor, [of.path(name)])
    # The page of a sign-in elsewhere that failed says so with its status, too.
    visitor.wrong = [each for each in visitor.wrong if "401" not in each]


def test_pages_in_the_middle_of_something(visitor_like: Callable[[Client], Visitor]) -> None:
    of = apart(Site)
    for name in site.MIDWAY:
        client = apart(lambda name=name: of.visitor(name))  # type: ignore[misc]
        check_all(visitor_like(client), [of.path(name)])


def test_pages_of_somebody_who_has_everything(visitor_like: Callable[[Client], Visitor]) -> None:
    of = apart(Site)
    busy_account(of.owner)
    check_all(visitor_like(of.owners), [of.path(name) for name in site.OWN])


def test_pages_of_somebody_who_has_nothing(visitor_like: Callable[[Client], Visitor]) -> None:
    of = apart(Site)
    check_all(visitor_like(of.newcomers), [of.path(name) for name in OF_NEWCOMERS])


def test_images_in_every_state(visitor_like: Callable[[Client], Visitor]) -> None:
    of = apart(Site)
    refused = unmade(of.owner, SAMPLES[5], ModerationRejected.with_advice("The provider declined."))
    shown = [refused.pk, queued_image(of.owner).pk, of.ids["image_id"]]
    gallery, generate = of.path("gallery"), of.path("generate")
    paths = [f"{generate}?image={each}" for each in shown] + [f"{gallery}{each}/" for each in shown[:2]]
    check_all(visitor_like(of.owners), [*paths, f"{gallery}?state=all&since=2026-01-01", f"{gallery}?q=nothing"])
