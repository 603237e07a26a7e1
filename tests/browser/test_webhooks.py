"""Webhooks in a browser: create one, test it, read the log, resend, rotate the secret and disable it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from accounts.models import User
from images.models import WebhookEndpoint
from images.webhooks import schedule, secrets
from tests.browser.visitor import Visitor, check_page
from tests.images.webhooks.receiver import Answer, Receiver
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_webhook_is_created_tested_resent_rotated_and_disabled(
    alices: Visitor, alice: User, worker: WorkerThread, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    # A failed try is not repeated during the test.
    monkeypatch.setattr(schedule, "PAUSES", [timedelta(hours=1)] * 9)
    with Receiver() as receiver:
        receiver.planned.append(Answer(500, b'{"error": "maintenance"}'))
        page = alices.go("/dashboard/webhooks/")
        page.get_by_role("link", name="Add endpoint").first.click()
        check_page(page)
        page.get_by_label("URL").fill(receiver.hook_url)
        page.get_by_label("image.cancelled").uncheck()
        page.get_by_role("button", name="Add endpoint").click()
        secret = page.locator("[data-secret]").inner_text()
        assert secrets.decrypt(WebhookEndpoint.objects.get().secret) == secret
        check_page(page)
        page.get_by_label("I have saved this secret").check()
        page.get_by_role("link", name="Done").click()

        page.get_by_role("button", name="Send test event").click()
        expect(page.get_by_text("A test event is being sent.")).to_be_visible()
        # The page changes by itself when the try has ended.
        row = page.locator("tr[id^=delivery-]")
        expect(row).to_contain_text("500")
        row.get_by_role("link", name="Details").click()
        expect(page.locator(".deliveries-details")).to_contain_text('{"error": "maintenance"}')
        assert re.search(r"[?&]open=", page.url)
        check_page(page)
        row.get_by_role("button", name="Send now").click()
        expect(row).to_contain_text("Delivered")
        assert len({request.webhook_id for request in receiver.wait_for(2)}) == 1
        row.get_by_role("button", name="Resend").click()
        receiver.wait_for(3)

        page.get_by_role("link", name="Rotate secret").click()
        page.get_by_role("button", name="Rotate secret").click()
        assert page.locator("[data-secret]").inner_text() != secret
        page.get_by_label("I have saved this secret").check()
        page.get_by_role("link", name="Done").click()

        page.get_by_role("link", name="Webhooks", exact=True).last.click()
        check_page(page)
        page.get_by_role("link", name="Disable").click()
        page.get_by_role("button", name="Disable webhook").click()
        expect(page.locator(".webhooks-table")).to_contain_text("Disabled")
        check_page(page)
