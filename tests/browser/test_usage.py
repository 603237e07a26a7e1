"""Usage page in a browser."""

from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from billing import ledger
from tests.browser.visitor import Visitor
from tests.factories import queued_image

pytestmark = pytest.mark.django_db(transaction=True)


def test_filters_and_period_change_the_page_and_its_url(alices: Visitor, alice: User) -> None:
    queued_image(alice)
    page = alices.go("/dashboard/usage/")
    expect(page.locator(".ledger-table tbody tr")).to_have_count(2)
    page.get_by_label("Type of entry").focus()
    page.get_by_label("Type of entry").select_option("grant")
    expect(page.locator(".ledger-table tbody tr")).to_have_count(1)
    expect(page.get_by_label("Type of entry")).to_be_focused()
    page.wait_for_url("**type=grant**")
    page.get_by_text("90 days").click()
    page.wait_for_url("**period=90**")
    page.reload()
    expect(page.get_by_label("90 days")).to_be_checked()
    expect(page.get_by_label("Type of entry")).to_have_value("grant")
    page.get_by_label("Type of entry").select_option("refund")
    page.wait_for_url("**type=refund**")
    # Going back loads the complete page, not the part that htmx requested.
    with page.expect_event("load"):
        page.go_back()
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    expect(page.locator(".ledger-table tbody tr")).to_have_count(1)


def test_older_entries_are_added_below(alices: Visitor, alice: User) -> None:
    for _ in range(60):
        ledger.grant(alice.pk, amount=1, reason="again")
    page = alices.go("/dashboard/usage/")
    page.get_by_role("link", name="Older entries").click()
    expect(page.locator(".ledger-table tbody tr")).to_have_count(61)
    expect(page.get_by_role("link", name="Older entries")).to_have_count(0)


def test_usage_works_without_javascript(visitor_of: Any, alice: User) -> None:
    for _ in range(60):
        ledger.grant(alice.pk, amount=1, reason="again")
    page = visitor_of(alice, java_script_enabled=False).go("/dashboard/usage/")
    page.get_by_role("link", name="Older entries").click()
    expect(page.locator(".ledger-table tbody tr")).to_have_count(11)
    page.get_by_label("Type of entry").select_option("refund")
    page.get_by_role("button", name="Apply period and filters").click()
    expect(page.get_by_text("No usage in this period.")).to_be_visible()


def test_days_follow_the_time_zone_of_the_browser_and_bars_another_name(visitor_of: Any, alice: User) -> None:
    queued_image(alice)
    page = visitor_of(alice, timezone_id="America/New_York").go("/dashboard/usage/")
    # The first page was rendered without the time zone.
    page.get_by_text("Dates (America/New_York)").wait_for(state="attached")
    page.get_by_text("Key or app", exact=True).click()
    page.wait_for_url("**by=key**")
    expect(page.locator(".legend")).to_have_text("Dashboard")
    expect(page.get_by_role("row", name="Dashboard 1 5")).to_be_visible()
