"""Times in a browser: the viewer's time zone, with UTC as the title."""

import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.utils import timezone
from playwright.sync_api import expect

from accounts import api_keys
from accounts.models import ApiKey, User
from billing.models import Purchase
from billing.payments import purchase_history
from images.models import Export, Image
from tests.browser.visitor import Visitor
from tests.factories import finished_image, paid_purchase, session_of
from tests.website.sign_in.steps import add_passkey

pytestmark = pytest.mark.django_db(transaction=True)

AT: Final = "2026-03-05T23:59:59Z"
UTC_TITLE: Final = "5 Mar 2026, 23:59:59 UTC"
TOKYO: Final[dict[str, Any]] = {"timezone_id": "Asia/Tokyo"}


def _purchase(user: User) -> str:
    purchase = paid_purchase(user)
    Purchase.objects.filter(pk=purchase.pk).update(created_at=AT)
    return f"/dashboard/billing/purchases/{purchase.pk}/"


def _purchases(user: User) -> str:
    _purchase(user)
    return "/dashboard/billing/"


def _two_step(user: User) -> str:
    TOTP.activate(user, str(generate_totp_secret()))
    Authenticator.objects.update(created_at=AT)
    return "/accounts/2fa/"


def _passkeys(user: User) -> str:
    add_passkey(user)
    Authenticator.objects.update(created_at=AT)
    return "/accounts/2fa/webauthn/"


def _image(user: User) -> str:
    image = finished_image(user)
    Image.objects.filter(pk=image.pk).update(created_at=AT)
    return f"/dashboard/images/{image.pk}/"


@pytest.mark.parametrize(
    ("create", "text"),
    [
        (_image, r"^6 Mar 2026, 08:59:59 \S+$"),
        (_purchase, r"^6 Mar 2026, 08:59 \S+$"),
        (_purchases, r"^6 Mar 2026$"),
        (_two_step, r"^6 Mar 2026$"),
        (_passkeys, r"^6 Mar 2026$"),
    ],
)
def test_times_are_in_the_time_zone_of_the_viewer_with_utc_as_title(
    visitor_of: Callable[..., Visitor], alice: User, create: Callable[[User], str], text: str
) -> None:
    page = visitor_of(alice, **TOKYO).go(create(alice))
    time = page.locator(f'time[title="{UTC_TITLE}"]').first
    expect(time).to_have_text(re.compile(text))


def test_an_export_is_available_until_a_time_of_the_viewer(visitor_of: Callable[..., Visitor], alice: User) -> None:
    Export.objects.create(user=alice, ready_at=timezone.now(), byte_size=1000, expires_at="2099-03-05T23:59:59Z")
    page = visitor_of(alice, **TOKYO).go("/dashboard/settings/")
    time = page.locator("#export time")
    expect(time).to_have_text(re.compile(r"^6 Mar 2099, 08:59 \S+$"))
    expect(time).to_have_attribute("title", "5 Mar 2099, 23:59:59 UTC")


def _key(user: User) -> ApiKey:
    key, _ = api_keys.create(user, name="Laptop")
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=AT, last_used_client="curl/8.5.0")
    return key


def _keys(user: User) -> str:
    _key(user)
    return "/dashboard/keys/"


def _revoked_key(user: User) -> str:
    return f"/dashboard/keys/{_key(user).pk}/revoke/"


def _overview(user: User) -> str:
    _key(user)
    finished_image(user)
    return "/dashboard/"


def _client(user: User) -> str:
    _key(user)
    return "/docs/mcp/cursor"


def _used_passkey(user: User) -> str:
    add_passkey(user)
    Authenticator.objects.update(last_used_at=AT)
    return "/accounts/2fa/webauthn/"


def _sessions(user: User) -> str:
    key = session_of(user)
    UserSession.objects.create(user=user, ip="203.0.113.7", user_agent="Firefox", session_key=key, created_at=AT)
    return "/accounts/sessions/"


@pytest.mark.parametrize("create", [_keys, _revoked_key, _overview, _client, _used_passkey, _sessions])
def test_yesterday_is_that_of_the_viewer(
    visitor_of: Callable[..., Visitor], alice: User, create: Callable[[User], str]
) -> None:
    visitor = visitor_of(alice, **TOKYO)
    # 10:00 on 7 March in Tokyo; in UTC, two days after the time on the page.
    visitor.page.clock.set_fixed_time("2026-03-07T01:00:00Z")
    page = visitor.go(create(alice))
    expect(page.locator(f'time[title="{UTC_TITLE}"]').last).to_have_text("yesterday, 08:59")


def test_times_that_the_page_loads_later_are_localized_too(
    visitor_of: Callable[..., Visitor], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchase_history, "PAGE_PURCHASES", 1)
    _purchases(alice)
    paid_purchase(alice)
    page = visitor_of(alice, **TOKYO).go("/dashboard/billing/")
    page.get_by_role("link", name="Older purchases").click()
    expect(page.locator(f'time[title="{UTC_TITLE}"]').first).to_have_text("6 Mar 2026")


def test_without_javascript_times_are_in_utc(visitor_of: Callable[..., Visitor], alice: User) -> None:
    page = visitor_of(alice, **TOKYO, java_script_enabled=False).go(_image(alice))
    expect(page.locator(".detail-properties time")).to_have_text(UTC_TITLE)
