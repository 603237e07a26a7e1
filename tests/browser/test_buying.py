"""Buying credits in a browser: checkout, declined and delayed payments, and spending the credits."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from billing.models import Purchase
from images.models import Image
from tests.billing.payments.steps import start_purchase
from tests.browser.visitor import Visitor, check_page
from tests.database import run_sql
from tests.factories import finished_image
from tests.mcp_gateway.agent import Agent
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _simulated(settings: Any) -> None:
    settings.DEBUG = True
    settings.SANDBOX_PROVIDERS = "on"


def test_purchased_credits_can_be_spent_over_mcp(
    alices: Visitor, alice: User, alices_key: str, worker: WorkerThread
) -> None:
    page = alices.go("/pricing")
    page.get_by_role("button", name="Buy 500 credits").click()
    expect(page.get_by_text("No real money is charged.")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("heading", name="500 credits added")).to_be_visible()
    expect(page.locator("[data-balance]")).to_have_text("600 credits")
    check_page(page)
    result = Agent(alices.url, alices_key).call(
        "getimages_generate_image", prompt="A quiet lake", modelId="openai:gpt-image-2"
    )
    assert result["structuredContent"]["credits"] == {"charged": 5, "remaining": 595}
    assert Image.objects.get().status == "succeeded"


def test_a_prompt_that_was_too_expensive_is_there_again_after_the_purchase(alices: Visitor, alice: User) -> None:
    source = finished_image(alice)
    page = alices.go(f"/dashboard/generate/?edit={source.pk}")
    page.get_by_label("What to change").fill("The lake at night, with ten boats")
    choices = {"model_id": "openai:gpt-image-2", "quality": "high", "resolution": "4K", "count": "4"}
    for name, value in choices.items():
        page.locator(f"[name={name}][value='{value}']").check()
    page.locator("#composer").get_by_role("link", name="Add credits").click()
    page.get_by_role("button", name="Buy 500 credits").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    page.get_by_role("link", name="Generate an image").click()
    expect(page.get_by_label("What to change")).to_have_value("The lake at night, with ten boats")
    expect(page.get_by_text("Will use 152 of")).to_be_visible()
    page.get_by_role("button", name="Generate 4 images").click()
    expect(page.get_by_role("heading", name="0 of 4 images finished")).to_be_visible()
    assert [each.quality for each in Image.objects.exclude(pk=source.pk)] == ["high"] * 4


def test_a_waiting_page_updates_when_the_payment_succeeds(alices: Visitor, alice: User) -> None:
    purchase = start_purchase(alice)
    page = alices.go(f"/dashboard/billing/purchases/{purchase.pk}/")
    expect(page.get_by_role("heading", name="Waiting for payment")).to_be_visible()
    check_page(page)
    other = alices.open()
    other.goto(f"{alices.url}/dashboard/billing/simulated/{purchase.session_id}/")
    other.get_by_role("button", name="Pay later").click()
    expect(page.get_by_role("heading", name="Payment processing")).to_be_visible()
    other.goto(f"{alices.url}/dashboard/billing/simulated/{purchase.session_id}/")
    other.get_by_role("button", name="Confirm payment").click()
    expect(page.get_by_role("heading", name="500 credits added")).to_be_visible()


def test_billing_pages_are_accessible(alices: Visitor, alice: User) -> None:
    page = alices.go("/dashboard/billing/")
    check_page(page)
    decline(page, start_purchase(alice), alices.url)
    page = alices.go("/dashboard/billing/")
    expect(page.get_by_text("Declined")).to_be_visible()
    check_page(page)
    page.get_by_role("link", name="Turn on").click()
    page.get_by_label("Email me when the balance falls below").fill("50")
    check_page(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("when your balance falls below 50 credits")).to_be_visible()


def test_buying_works_without_javascript(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, java_script_enabled=False).go("/dashboard/billing/")
    page.get_by_role("button", name="Buy 100 credits").click()
    page.get_by_role("button", name="Pay", exact=True).click()
    expect(page.get_by_role("heading", name="100 credits added")).to_be_visible()


def decline(page: Page, purchase: Purchase, url: str) -> None:
    page.goto(f"{url}/dashboard/billing/simulated/{purchase.session_id}/")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("heading", name="Payment declined")).to_be_visible()


def test_a_narrow_row_of_an_unpaid_purchase_has_no_empty_cell(alices: Visitor, alice: User) -> None:
    start_purchase(alice)
    page = alices.go("/dashboard/billing/")
    expect(page.locator(".purchase-with")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".purchase-with")).to_be_hidden()
    expect(page.locator(".purchase-receipt")).to_be_visible()


# Without the trigger, whose notification would update the page at once.
SET_BALANCE = (
    "BEGIN; SET LOCAL session_replication_role = replica; UPDATE billing_creditaccount SET balance = {}; COMMIT"
)

# Requests the balance at once, and again after a pause.
CHANGES = """id => {
  for (const topic of ["balance", "image"]) {
    document.body.dispatchEvent(new CustomEvent(`live-${topic}`, { detail: { id } }));
  }
}"""


def test_an_update_of_the_balance_that_arrives_during_another_is_not_lost(alices: Visitor, alice: User) -> None:
    image = finished_image(alice)
    alices.page.clock.install()
    page = alices.go("/dashboard/billing/")
    page.wait_for_selector("body[data-live]")
    page.clock.pause_at(time.time() + 60)
    run_sql(SET_BALANCE.format(70))
    page.evaluate(CHANGES, str(image.pk))
    figure = page.locator("#billing-balance .figure")
    expect(figure).to_have_text("70")
    run_sql(SET_BALANCE.format(50))
    page.clock.run_for(1000)
    expect(figure).to_have_text("50")
    assert page.locator("#billing-balance").count() == 1
