"""The settings in a browser: their pages, the export, and the way out."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage

from accounts import development_mail
from accounts.models import User
from tests.accounts.pages.people import settled
from tests.browser.conftest import Visitor, check_page
from tests.conftest import WorkerThread
from tests.rest.conftest import finished_image

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ["/dashboard/settings/", "/accounts/email/", "/accounts/password/change/", "/accounts/sessions/"]
OTHERS = ["/accounts/password/set/", "/accounts/2fa/", "/accounts/3rdparty/", "/accounts/logout/"]


@pytest.fixture(autouse=True)
def _sandbox(settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"


@pytest.mark.parametrize("paths", [PAGES, OTHERS])
def test_settings_pages_are_accessible(visitor_of: Callable[..., Visitor], alice: User, paths: list[str]) -> None:
    visitor = visitor_of(settled(alice) if paths is PAGES else alice)
    for path in paths:
        check_page(visitor.go(path))


def test_an_export_is_made_and_downloaded(alices: Visitor, alice: User, worker: WorkerThread) -> None:
    finished_image(alice)
    page = alices.go("/dashboard/settings/")
    page.get_by_role("button", name="Export data").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download export").click(timeout=60_000)
    assert re.fullmatch(r"get-images-[\d-]+\.zip", download.value.suggested_filename)
    check_page(page)


def test_an_account_is_deleted(alices: Visitor, alice: User) -> None:
    finished_image(alice)
    page = alices.go("/dashboard/settings/")
    page.get_by_role("link", name="Delete account").click()
    page.get_by_text("95 unspent credits").wait_for()
    check_page(page)
    page.get_by_label("Your address, to confirm").fill("alice@example.com")
    page.get_by_role("button", name="Delete account").click()
    page.get_by_text("Your account is deleted.").wait_for()
    assert not User.objects.filter(pk=alice.pk).exists()


def test_the_page_of_sent_mail_is_accessible(anybody: Visitor, settings: Any, tmp_path: Path) -> None:
    settings.DEBUG = True
    settings.DEVELOPMENT_MAIL_DIR = tmp_path
    development_mail.keep(EmailMessage("A subject", "A body with a long line. " * 20, None, ["alice@example.com"]))
    check_page(anybody.go("/dev/mail"))
