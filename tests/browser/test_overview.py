"""Overview in a browser: live updates."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts import api_keys
from accounts.models import User
from accounts.sign_in import email_addresses
from billing import ledger
from billing.models import CreditAccount
from tests.api.program import Program
from tests.browser.visitor import Visitor
from tests.factories import create_user, finished_image, queued_image

pytestmark = pytest.mark.django_db(transaction=True)


def test_first_steps_complete_live_and_disappear(visitor_of: Any, transactional_db: None) -> None:
    user = create_user("new@example.com")
    email_addresses.mark_verified(user)
    secret = api_keys.create(user, name="Laptop")[1]
    visitor = visitor_of(user)
    page = visitor.go("/dashboard/")
    page.wait_for_selector("body[data-live]")
    expect(page.get_by_text("2 of 4 done")).to_be_visible()
    ledger.grant(user.pk, amount=20, reason="to begin with")
    expect(page.get_by_text("3 of 4 done")).to_be_visible()
    program = Program(visitor.url, secret)
    with program.http:
        assert program.get("account").status_code == 200
    expect(page.get_by_text("You're all set.")).to_be_visible()
    queued_image(user)
    expect(page.get_by_text("5 charged for images in progress")).to_be_visible()


def test_an_open_table_stays_open_when_the_figures_change(alices: Visitor, alice: User) -> None:
    queued_image(alice)
    page = alices.go("/dashboard/")
    page.wait_for_selector("body[data-live]")
    page.get_by_text("Show as table").click()
    queued_image(alice)
    expect(page.locator("#spending-table")).to_contain_text("10")
    expect(page.locator("#spending-table table")).to_be_visible()


def test_a_link_keeps_the_focus_when_the_figures_change(alices: Visitor, alice: User) -> None:
    finished_image(alice)
    links = {"/dashboard/": "Open gallery", "/dashboard/billing/": "View usage"}
    for path, name in links.items():
        page = alices.go(path)
        page.wait_for_selector("body[data-live]")
        link = page.get_by_role("link", name=name)
        link.focus()
        with page.expect_response(f"{alices.url}{path}"):
            ledger.grant(alice.pk, amount=20, reason="to go on")
        expect(page.get_by_text(f"{CreditAccount.objects.get(user=alice).balance}", exact=True).last).to_be_visible()
        expect(link).to_be_focused()
