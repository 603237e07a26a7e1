"""The log of a webhook: deliveries, their tries, filters, test events, resends and the rotation of the secret."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from images import generation
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import endpoints, secrets
from tests.factories import caller_of, create_webhook, finished_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

ANSWER = '{"error": "maintenance", "html": "<script>alert(1)</script>"}'


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


@pytest.fixture
def endpoint(alice: User) -> WebhookEndpoint:
    return create_webhook(alice, "https://shop.example.com/hooks", description="Shop covers").endpoint


@pytest.fixture
def path(endpoint: WebhookEndpoint) -> str:
    return f"/dashboard/webhooks/{endpoint.pk}/"


def entry(number: int, status: int | None, seconds: float, **fields: Any) -> dict[str, Any]:
    values = {"number": number, "at": timezone.now().isoformat(), "seconds": seconds, "status": status}
    return {**values, "error": "", "retryAfterSeconds": None, **fields}


def failed_twice(delivery: WebhookDelivery) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        attempt=2,
        failures=2,
        tried_at=Now(),
        response_status=503,
        response_excerpt=ANSWER,
        next_attempt_at=Now() + timedelta(hours=1),
        tries=[
            entry(1, None, 15.0, error="shop.example.com did not respond within 15 s."),
            entry(2, 503, 0.31, retryAfterSeconds=3600),
        ],
    )


def test_the_details_show_the_tries_latest_first_and_the_answer_as_text(
    alices: Client, alice: User, endpoint: WebhookEndpoint, path: str
) -> None:
    image = finished_image(alice)
    delivery = WebhookDelivery.objects.get()
    failed_twice(delivery)
    page = words(alices.get(path))
    assert f"image.succeeded Image {str(image.pk)[:8]}… Waiting 503 Tries: 2 of 10 Next" in page
    assert "1 delivery, 1 waiting" in page
    response = alices.get(path, {"open": str(delivery.pk)})
    details = words(response)
    assert details.index("503 in 0.3 s Asked us to wait 1 h") < details.index("No response in 15 s")
    assert "Start of the response, at most 1 kB" in details
    assert "<script>alert" not in response.text
    assert str(delivery.pk) in details


def test_filters_narrow_the_log(alices: Client, alice: User, endpoint: WebhookEndpoint, path: str) -> None:
    finished_image(alice)
    endpoints.send_test(caller_of(alice), endpoint.pk)
    old = WebhookDelivery.objects.get(event_type="image.succeeded")
    WebhookDelivery.objects.filter(pk=old.pk).update(
        created_at=Now() - timedelta(days=3), status="failed", next_attempt_at=None, finished_at=Now()
    )
    assert "2 deliveries, 1 waiting" in words(alices.get(path))
    assert "1 delivery, 1 waiting" in words(alices.get(path, {"days": "1"}))
    assert "1 delivery, 0 waiting" in words(alices.get(path, {"status": "failed"}))
    assert "1 delivery, 1 waiting" in words(alices.get(path, {"event": "webhook.test"}))
    assert "No delivery matches." in words(alices.get(path, {"event": "balance.low"}))
    assert "2 deliveries" in words(alices.get(path, {"event": "nonsense", "after": "x", "open": "y"}))


def test_older_deliveries_are_on_further_pages(
    alices: Client, alice: User, endpoint: WebhookEndpoint, path: str
) -> None:
    for _ in range(27):
        endpoints.send_test(caller_of(alice), endpoint.pk)
    first = alices.get(path).text
    (link,) = re.findall(r'href="[^"]*\?([^"]*after=[^"]*)"', first)
    second = alices.get(f"{path}?{link.replace('&amp;', '&')}").text
    ids = [set(re.findall(r'<tr id="delivery-([^"]*)"', page)) for page in (first, second)]
    assert [len(page) for page in ids] == [25, 2]
    assert not ids[0] & ids[1]


def test_a_test_event_appears_in_the_log(alices: Client, path: str) -> None:
    page = words(alices.post(f"{path}test", follow=True))
    assert "A test event is being sent." in page
    assert "webhook.test Waiting None yet Tries: 0 Sending" in page


def test_a_resend_returns_to_the_log_with_its_filters(alices: Client, alice: User, path: str) -> None:
    finished_image(alice)
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(status="failed", failures=10, next_attempt_at=None, finished_at=Now())
    response = alices.post(f"{path}deliveries/{delivery.pk}/resend?days=30")
    assert response.headers["Location"] == f"{path}?days=30#delivery-{delivery.pk}"
    delivery.refresh_from_db()
    assert (delivery.status, delivery.failures) == ("pending", 0)


def test_a_disabled_webhook_says_why_nothing_is_sent(
    alices: Client, alice: User, endpoint: WebhookEndpoint, path: str
) -> None:
    finished_image(alice)
    WebhookEndpoint.objects.update(enabled=False, disabled_at=Now(), disabled_reason="owner")
    page = words(alices.get(path))
    assert "When enabled again" in page
    assert "Send test event" not in page
    assert "This webhook is disabled. Enable it first." in words(alices.post(f"{path}test", follow=True))


def test_a_deleted_image_has_no_link(alices: Client, alice: User, endpoint: WebhookEndpoint, path: str) -> None:
    image = finished_image(alice)
    generation.delete(caller_of(alice), image.pk)
    page = alices.get(path)
    assert "Image deleted" in words(page)
    assert f"/dashboard/images/{image.pk}/" not in page.text


def test_a_rotation_shows_the_new_secret_once(alices: Client, endpoint: WebhookEndpoint, path: str) -> None:
    assert "For 24 hours, events are signed with both" in words(alices.get(f"{path}rotate/"))
    response = alices.post(f"{path}rotate/")
    (secret,) = re.findall(r"<code data-secret>(.*)</code>", response.text)
    old = secrets.decrypt(endpoint.secret)
    endpoint.refresh_from_db()
    assert (secrets.decrypt(endpoint.secret), secrets.decrypt(endpoint.previous_secret)) == (secret, old)
    assert secret not in alices.get(path).text


def test_deliveries_of_another_webhook_are_not_resent(alices: Client, alice: User, bob: User, path: str) -> None:
    foreign = endpoints.send_test(caller_of(bob), create_webhook(bob).endpoint.pk)
    assert alices.post(f"{path}deliveries/{foreign.pk}/resend").status_code == 404
    assert "No deliveries in this period." in words(
        alices.get(path, {"open": str(foreign.pk), "after": str(foreign.pk)})
    )
