"""The list of webhooks, and the dialogs that create, change, disable and delete one."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from accounts.models import User
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import secrets
from tests.factories import create_webhook, finished_image
from tests.rendered import words

pytestmark = pytest.mark.django_db

LIST = "/dashboard/webhooks/"
URL = "https://127.0.0.1/hooks"


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def form(**fields: Any) -> dict[str, Any]:
    return {"request_id": uuid.uuid4(), "url": URL, "event_types": ["image.failed", "image.succeeded"], **fields}


def test_a_newcomer_reads_what_to_do(alices: Client) -> None:
    assert "No endpoints yet. Add one, then send a test event." in words(alices.get(LIST))


def test_a_new_webhook_shows_its_secret_once(alices: Client) -> None:
    response = alices.post(f"{LIST}new/", form(description="Production"))
    (secret,) = re.findall(r"<code data-secret>(.*)</code>", response.text)
    endpoint = WebhookEndpoint.objects.get()
    assert secrets.decrypt(endpoint.secret) == secret
    assert endpoint.event_types == ["image.succeeded", "image.failed"]
    assert response.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    page = alices.get(LIST)
    assert secret not in page.text
    assert f"{URL} Production image.succeeded image.failed Nothing sent yet Enabled" in words(page)


def test_a_form_that_is_sent_twice_creates_one_webhook(alices: Client) -> None:
    data = form()
    alices.post(f"{LIST}new/", data)
    response = alices.post(f"{LIST}new/", data, follow=True)
    assert "has already been created" in words(response)
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": ""}, "Enter a URL."),
        ({"url": "https://10.0.0.1/"}, "10.0.0.1 is not a public https address. Use a URL on the public internet."),
        ({"url": "no url"}, "The URL is not valid."),
        ({"event_types": []}, "Select at least one event."),
        ({"event_types": ["webhook.test"]}, "Must be 'image.succeeded'"),
        ({"description": "x" * 201}, "Must have at most 200 characters."),
    ],
)
def test_an_invalid_field_keeps_what_was_typed(alices: Client, fields: Any, message: str) -> None:
    response = alices.post(f"{LIST}new/", form(**{"description": "My server", **fields}))
    assert response.status_code == 422
    assert message in words(response)
    assert fields.get("description", "My server") in response.text
    assert not WebhookEndpoint.objects.exists()


def test_the_eleventh_webhook_is_refused(alices: Client, alice: User) -> None:
    for _ in range(10):
        create_webhook(alice)
    assert "10 of 10 endpoints: delete one to add another." in words(alices.get(LIST))
    response = alices.post(f"{LIST}new/", form())
    assert (response.status_code, WebhookEndpoint.objects.count()) == (409, 10)
    assert "An account can have 10 webhooks." in words(response)


def test_a_change_is_saved(alices: Client, alice: User) -> None:
    endpoint = create_webhook(alice, URL).endpoint
    path = f"{LIST}{endpoint.pk}/edit/"
    assert alices.post(path, form(url="https://10.0.0.1/")).status_code == 422
    response = alices.post(path, form(url=URL + "/2", description="", event_types=["balance.low"]), follow=True)
    assert "The webhook was saved." in words(response)
    endpoint.refresh_from_db()
    assert (endpoint.url, endpoint.event_types) == (URL + "/2", ["balance.low"])


def test_disabling_and_enabling(alices: Client, alice: User) -> None:
    endpoint = create_webhook(alice, URL).endpoint
    finished_image(alice)
    assert "1 waiting delivery will be sent" in words(alices.get(f"{LIST}{endpoint.pk}/disable/"))
    assert "was disabled. It no longer receives events." in words(
        alices.post(f"{LIST}{endpoint.pk}/disable/", follow=True)
    )
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason) == (False, "owner")
    assert "was enabled. Events are sent again." in words(alices.post(f"{LIST}{endpoint.pk}/enable", follow=True))
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason) == (True, "")


def test_a_deleted_webhook_disappears(alices: Client, alice: User) -> None:
    endpoint = create_webhook(alice, URL).endpoint
    assert "You can't undo this." in words(alices.get(f"{LIST}{endpoint.pk}/delete/"))
    assert "was deleted." in words(alices.post(f"{LIST}{endpoint.pk}/delete/", follow=True))
    assert alices.get(f"{LIST}{endpoint.pk}/").status_code == 404


def test_the_list_shows_the_last_result_and_warns_of_failures(alices: Client, alice: User) -> None:
    endpoint = create_webhook(alice, "https://shop.example.com/hooks").endpoint
    finished_image(alice)
    entry = {"number": 6, "at": timezone.now().isoformat(), "seconds": 0.31, "error": "", "retryAfterSeconds": None}
    WebhookDelivery.objects.update(
        attempt=6,
        failures=6,
        tried_at=Now(),
        response_status=503,
        next_attempt_at=Now() + timedelta(hours=10),
        tries=[{**entry, "status": 503}],
    )
    WebhookEndpoint.objects.update(failing_since=Now() - timedelta(days=2))
    page = words(alices.get(LIST))
    assert "shop.example.com has been failing since" in page
    assert "503 in 0.3 s, try 6 of 10 just now, next" in page
    assert "Failing Test" in page
    assert "All events" in page
    WebhookEndpoint.objects.update(enabled=False, disabled_at=Now(), disabled_reason="failing")
    page = words(alices.get(LIST))
    assert "Failed for 5 days, so we stopped" in page
    assert f"Disabled Enable {endpoint.short_url}" in page
    assert "has been failing" not in page


def test_a_suspended_account_creates_and_tests_nothing(alices: Client, alice: User) -> None:
    endpoint = create_webhook(alice, URL).endpoint
    User.objects.filter(pk=alice.pk).update(suspended_at=Now())
    assert alices.post(f"{LIST}new/", form()).status_code in {302, 403}
    alices.post(f"{LIST}{endpoint.pk}/test")
    assert (WebhookEndpoint.objects.count(), WebhookDelivery.objects.count()) == (1, 0)
