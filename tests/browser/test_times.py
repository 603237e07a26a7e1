"""Times in a browser: the viewer's time zone, with UTC as the title."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from images.models import Image
from tests.factories import finished_image

pytestmark = pytest.mark.django_db(transaction=True)


def test_times_are_in_the_time_zone_of_the_viewer_with_utc_as_title(visitor_of: Any, alice: User) -> None:
    image = finished_image(alice)
    Image.objects.filter(pk=image.pk).update(created_at="2026-03-05T23:59:59Z")
    page = visitor_of(alice, timezone_id="Asia/Tokyo").go(f"/dashboard/images/{image.pk}/")
    time = page.locator(".detail-properties time")
    expect(time).to_have_text(re.compile(r"^6 Mar 2026, 08:59:59"))
    expect(time).to_have_attribute("title", "5 Mar 2026, 23:59:59 UTC")
    page.goto(page.url.replace(f"images/{image.pk}/", "usage/"))
    expect(page.locator(".ledger-time time").first).to_have_attribute("title", re.compile(r" UTC$"))


def test_without_javascript_times_are_in_utc(visitor_of: Any, alice: User) -> None:
    image = finished_image(alice)
    Image.objects.filter(pk=image.pk).update(created_at="2026-03-05T23:59:59Z")
    options = {"timezone_id": "Asia/Tokyo", "java_script_enabled": False}
    page = visitor_of(alice, **options).go(f"/dashboard/images/{image.pk}/")
    expect(page.locator(".detail-properties time")).to_have_text("5 Mar 2026, 23:59:59 UTC")
