"""Every error page in a browser, with DEBUG on and off: it has its styles, and no policy blocks any of its files."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from django.core.asgi import get_asgi_application
from playwright.sync_api import Page, expect

from accounts.models import User
from config import asgi
from tests.browser.visitor import Visitor, check_page
from tests.website.development import use_development_middleware

pytestmark = pytest.mark.django_db(transaction=True)

FAILED_STATUS: Final = "Failed to load resource: the server responded with a status of"
POST_FORM: Final = """path => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = path;
  document.body.append(form);
  form.submit();
}"""


@pytest.fixture(params=[True, False], ids=["debug", "production"])
def visitor(
    request: pytest.FixtureRequest,
    visitor_of: Callable[..., Visitor],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
) -> Any:
    """Return a signed-in browser. Its errors other than the expected status fail the test."""
    settings.ROOT_URLCONF = "tests.website.broken"
    if request.param:
        use_development_middleware(settings)
    # The application loads its middleware when it is created.
    monkeypatch.setattr(asgi, "django_application", get_asgi_application())
    visitor = visitor_of(alice)
    yield visitor
    visitor.errors = [error for error in visitor.errors if FAILED_STATUS not in error]


def check_error_page(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page.locator(".error")).to_have_css("display", "grid")
    check_page(page)


def post(visitor: Visitor, path: str) -> Page:
    page = visitor.go("/pricing")
    page.evaluate(POST_FORM, path)
    return page


def test_an_unknown_page(visitor: Visitor) -> None:
    check_error_page(visitor.go("/nothing/here"), "Page not found.")


def test_an_expired_link(visitor: Visitor) -> None:
    check_error_page(visitor.go("/i/no-link"), "Page not found.")


def test_an_expired_form(visitor: Visitor) -> None:
    page = post(visitor, "/dashboard/keys/new/")
    check_error_page(page, "This form has expired.")


def test_a_page_without_permission(visitor: Visitor, settings: Any, alice: User) -> None:
    settings.STAFF_REQUIRE_MFA = False
    alice.is_staff = True
    alice.save()
    check_error_page(visitor.go("/admin/accounts/apikey/"), "You don't have access to this page.")


def test_an_unknown_host(visitor: Visitor, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["images.example"]
    check_error_page(visitor.go("/pricing"), "We couldn't read this request.")


def test_too_many_attempts(visitor: Visitor) -> None:
    for _ in range(6):
        page = visitor.go("/accounts/password/change/")
        page.locator("input[type=password]").first.wait_for()
        for field in page.locator("input[type=password]").all():
            field.fill("wrong and unusual")
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_load_state()
    check_error_page(page, "Too many attempts.")


def test_a_server_error(visitor: Visitor, settings: Any) -> None:
    page = visitor.go("/broken")
    if not settings.DEBUG:
        check_error_page(page, "Something went wrong on our end.")
        return
    expect(page.get_by_role("heading", level=1)).to_contain_text("RuntimeError")
    background = page.locator("header").first.evaluate("element => getComputedStyle(element).backgroundColor")
    assert background != "rgba(0, 0, 0, 0)"
