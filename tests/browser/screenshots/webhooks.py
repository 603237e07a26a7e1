"""Screens of webhooks: the list and the log in every state, and the dialogs."""

import uuid
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import User
from images.models import Image, WebhookDelivery, WebhookEndpoint
from images.webhooks.schemas import ALL_EVENTS
from tests.browser.screenshots.walks import Screen, Walk
from tests.factories import create_webhook

ANSWER: Final = '{"error": "maintenance", "message": "Back at 15:00 UTC"}'
PAUSES: Final = (timedelta(0), timedelta(minutes=5), timedelta(minutes=35), timedelta(hours=3), timedelta(hours=8))


def create_webhooks(user: User) -> dict[str, uuid.UUID]:
    """Create endpoints in every state, with deliveries of the user's images. Return the ids of the walks."""
    images = list(Image.objects.filter(user=user, finished_at__isnull=False).order_by("-created_at")[:5])
    studio = create_webhook(
        user,
        "https://api.studio.example/hooks/images",
        description="Production",
        event_types=[event for event in ALL_EVENTS if event.startswith("image.")],
    ).endpoint
    shop = create_webhook(
        user,
        "https://shop.example.com/webhooks/getimages",
        description="Shop covers",
        event_types=["image.succeeded", "image.failed"],
        failing_since=timezone.now() - timedelta(days=2),
    ).endpoint
    create_webhook(user, "https://ops.example.net/credits", event_types=["balance.low"], description="To the team chat")
    gone = create_webhook(
        user,
        "https://staging.studio.example/hooks",
        enabled=False,
        disabled_at=timezone.now() - timedelta(days=20),
        disabled_reason="gone",
    ).endpoint
    for image in images:
        _delivered(studio, image)
    _delivered(gone, images[0], status=410)
    waiting = _waiting(shop, images[0])
    for image in images[1:3]:
        _delivered(shop, image)
    _delivered(shop, images[3], status=404)
    return {"webhook": shop.pk, "webhook_disabled": gone.pk, "delivery": waiting.pk}


def _delivered(endpoint: WebhookEndpoint, image: Image, *, status: int = 200) -> None:
    at = timezone.now() - timedelta(hours=3)
    _create(
        endpoint,
        image,
        status="succeeded" if status == 200 else "failed",
        attempt=1 if status == 200 else 10,
        failures=0 if status == 200 else 10,
        next_attempt_at=None,
        finished_at=at,
        tried_at=at,
        response_status=status,
        tries=[_try(1 if status == 200 else 10, status, 0.2)],
    )


def _waiting(endpoint: WebhookEndpoint, image: Image) -> WebhookDelivery:
    tries = [_try(number, 503, 0.3, pause) for number, pause in enumerate(PAUSES, 1)]
    tries[3] |= {"status": None, "seconds": 15.0, "error": "shop.example.com did not respond within 15 s."}
    tries[4] |= {"retryAfterSeconds": 3600}
    return _create(
        endpoint,
        image,
        attempt=5,
        failures=5,
        tried_at=timezone.now() - timedelta(minutes=18),
        next_attempt_at=timezone.now() + timedelta(hours=10),
        response_status=503,
        response_excerpt=ANSWER,
        tries=tries,
    )


def _create(endpoint: WebhookEndpoint, image: Image, **fields: Any) -> WebhookDelivery:
    event = "image.succeeded" if image.status == "succeeded" else "image.failed"
    return WebhookDelivery.objects.create(endpoint=endpoint, image=image, event_type=event, data={}, **fields)


def _try(number: int, status: int, seconds: float, later: timedelta = timedelta(0)) -> dict[str, Any]:
    at = timezone.now() - timedelta(hours=9) + later
    values = {"number": number, "at": at.isoformat(), "seconds": seconds, "status": status}
    return {**values, "error": "", "retryAfterSeconds": None}


def _send_errors(page: Page) -> None:
    page.get_by_label("URL").fill("https://10.0.0.7/hooks")
    page.get_by_role("button", name="Add endpoint").click()
    page.get_by_text("is not a public https address").wait_for()


def _rotate(page: Page) -> None:
    page.get_by_role("button", name="Rotate secret").click()
    page.locator("[data-secret]").wait_for()


def _leave_secret(page: Page) -> None:
    page.keyboard.press("Escape")
    page.get_by_role("alert").wait_for()


WALKS: Final = (
    Walk(
        "active",
        (
            Screen("webhooks", "/dashboard/webhooks/"),
            Screen("webhooks-create", "/dashboard/webhooks/new/"),
            Screen("webhooks-errors", "/dashboard/webhooks/new/", _send_errors, status=422),
            Screen("webhooks-change", "/dashboard/webhooks/{webhook}/edit/"),
            Screen("webhooks-disable", "/dashboard/webhooks/{webhook}/disable/"),
            Screen("webhooks-delete", "/dashboard/webhooks/{webhook_disabled}/delete/"),
            Screen("webhooks-log", "/dashboard/webhooks/{webhook}/"),
            Screen("webhooks-details", "/dashboard/webhooks/{webhook}/?open={delivery}"),
            Screen("webhooks-no-match", "/dashboard/webhooks/{webhook}/?event=balance.low"),
            Screen("webhooks-log-disabled", "/dashboard/webhooks/{webhook_disabled}/"),
            Screen("webhooks-rotate", "/dashboard/webhooks/{webhook}/rotate/"),
            Screen("webhooks-secret", action=_rotate),
            Screen("webhooks-secret-not-copied", action=_leave_secret),
        ),
    ),
    Walk("new", (Screen("webhooks-empty", "/dashboard/webhooks/"),)),
    Walk("", (Screen("docs-webhooks", "/docs/webhooks"),)),
)
