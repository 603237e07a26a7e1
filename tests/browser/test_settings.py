"""Settings in a browser: data export and account deletion."""

import re

import pytest

from accounts.models import User
from tests.browser.visitor import Visitor
from tests.factories import finished_image
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alices_image(transactional_db: None, alice: User) -> None:
    """Create an image before the worker starts, which would otherwise claim it."""
    finished_image(alice)


def test_an_export_is_created_and_downloaded(alices_image: None, alices: Visitor, worker: WorkerThread) -> None:
    page = alices.go("/dashboard/settings/")
    page.get_by_role("button", name="Export data").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download export").click(timeout=60_000)
    assert re.fullmatch(r"get-images-[\d-]+\.zip", download.value.suggested_filename)


def test_an_account_is_deleted(alices: Visitor, alice: User) -> None:
    finished_image(alice)
    page = alices.go("/dashboard/settings/")
    page.get_by_role("link", name="Delete account").click()
    page.get_by_text("95 unspent credits").wait_for()
    page.get_by_label("Enter your email address to confirm").fill("alice@example.com")
    page.get_by_role("button", name="Delete account").click()
    page.get_by_text("Your account was deleted.").wait_for()
    assert not User.objects.filter(pk=alice.pk).exists()
