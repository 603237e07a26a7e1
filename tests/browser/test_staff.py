"""Staff site in a browser: finding a user, granting credits, and the accessibility of the overview."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.models import User
from billing.models import CreditAccount
from images import audit
from images.failures import ModerationRejected
from images.worker import attempts
from tests.browser.visitor import Visitor, violations
from tests.factories import finished_image, paid_purchase, queued_image
from tests.staff.conftest import staff_member

pytestmark = pytest.mark.django_db(transaction=True)


def test_support_finds_a_user_and_grants_credits(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(staff_member("support")).go("/admin/")
    page.get_by_label("Find a user").fill("alice")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="alice@example.com").click()
    page.get_by_role("link", name="Grant credits").first.click()
    page.get_by_label("Credits to grant").fill("25")
    page.get_by_label("Reason").fill("ticket 4711")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_role("button", name="Grant 25 credits")).to_be_disabled()
    page.get_by_label("Grant 25 credits to alice@example.com").check()
    page.get_by_role("button", name="Grant 25 credits").click()
    expect(page.get_by_text("+25 credits, balance 125.").first).to_be_visible()
    assert CreditAccount.objects.get(user=alice).balance == 125


def test_a_missing_reason_at_the_end_of_a_long_form_is_in_view(visitor_of: Callable[..., Visitor], alice: User) -> None:
    visitor = visitor_of(staff_member("superuser"))
    page = visitor.go("/admin/images/cataloguemodel/openai_3Agpt-image-2/change/")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Please correct the error")).to_be_attached()
    expect(page.get_by_label("Reason")).to_be_focused()
    expect(page.get_by_label("Reason")).to_be_in_viewport()
    visitor.go(f"/admin/accounts/user/{alice.pk}/grant/")
    page.get_by_label("Credits to grant").fill("25")
    page.get_by_label("Reason").fill("asked by alice@example.com")
    page.get_by_role("button", name="Review").click()
    expect(page.get_by_text("Remove the email address")).to_be_visible()
    expect(page.get_by_label("Reason")).to_be_focused()


def test_an_auditor_sees_no_actions(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(staff_member("auditor")).go(f"/admin/accounts/user/{alice.pk}/change/")
    expect(page.get_by_role("heading", name="Balance")).to_be_visible()
    for action in ("Grant credits", "Adjust credits", "Suspend"):
        expect(page.get_by_role("link", name=action)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_is_accessible(visitor_of: Callable[..., Visitor], alice: User, scheme: str) -> None:
    finished_image(alice)
    audit.run()
    page = visitor_of(staff_member("superuser"), color_scheme=scheme).go("/admin/")
    expect(page.get_by_text("Balanced")).to_be_visible()
    assert not violations(page)


def test_the_tables_of_the_overview_fit_a_phone(visitor_of: Callable[..., Visitor], alice: User) -> None:
    finished_image(alice)
    attempts.end(queued_image(alice).pk, ModerationRejected.with_advice("The provider declined"))
    paid_purchase(alice)
    page = visitor_of(staff_member("superuser"), viewport={"width": 390, "height": 844}).go("/admin/")
    cut = "cards => cards.filter(card => card.scrollWidth > card.clientWidth).map(card => card.innerText)"
    assert page.locator(".staff-card").evaluate_all(cut) == []
    expect(page.locator("td[data-label='Credits, net of failures']").first).to_be_visible()
    assert not violations(page)
