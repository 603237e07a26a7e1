"""Webhooks over REST: create, change, rotate, test, list deliveries and resend."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import secrets
from tests.api.program import Program, problem, status_and_code
from tests.concurrency import at_once
from tests.factories import create_webhook, finished_image

pytestmark = pytest.mark.django_db(transaction=True)

URL = "https://127.0.0.1/hooks"
FIELDS = {"id", "url", "description", "eventTypes", "enabled", "createdAt", "lastDelivery"}
DELIVERY_FIELDS = {"id", "eventType", "status", "attempts", "responseStatus", "nextAttemptAt", "createdAt"}
ALL = ["image.succeeded", "image.failed", "image.rejected", "image.cancelled", "balance.low"]


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = True


@pytest.fixture
def created(program: Program) -> dict[str, Any]:
    response = program.post("webhooks", json={"url": URL})
    assert response.status_code == 201, response.text
    document: dict[str, Any] = response.json()
    assert response.headers["location"] == f"/api/v1/webhooks/{document['id']}"
    return document


def test_a_new_webhook_receives_all_events_and_shows_its_secret_once(program: Program, created: dict[str, Any]) -> None:
    assert created.keys() == {*FIELDS, "secret"}
    assert (created["eventTypes"], created["enabled"], created["lastDelivery"]) == (ALL, True, None)
    assert secrets.decrypt(WebhookEndpoint.objects.get().secret) == created.pop("secret")
    assert program.get(f"webhooks/{created['id']}").json() == created
    assert program.get("webhooks").json() == {"webhooks": [created]}


def test_only_the_sent_fields_change(program: Program, created: dict[str, Any]) -> None:
    path = f"webhooks/{created['id']}"
    assert program.patch(path, json={"description": "Production"}).json()["description"] == "Production"
    changed = program.patch(path, json={"eventTypes": ["image.failed", "image.succeeded", "image.failed"]}).json()
    assert (changed["eventTypes"], changed["description"], changed["url"]) == (ALL[:2], "Production", URL)
    assert program.patch(path, json={"enabled": False}).json()["enabled"] is False
    assert status_and_code(program.post(f"{path}/test")) == (409, "webhook_disabled")
    assert program.patch(path, json={"enabled": True, "url": URL + "/2"}).json()["url"] == URL + "/2"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "url: Required."),
        ({"url": "ftp://example.com"}, "url: The URL is not valid."),
        ({"url": "https://user:password@example.com/"}, "url: The URL contains a user name or password."),
        ({"url": URL, "eventTypes": []}, "eventTypes: Must have at least 1 entry."),
        ({"url": URL, "eventTypes": ["webhook.test"]}, "eventTypes: Entry 1: Must be 'image.succeeded'"),
        ({"url": URL, "description": "x" * 201}, "description: Must have at most 200 characters."),
        ({"url": URL, "description": "\0"}, "description: NUL characters are not allowed."),
        ({"url": URL, "secret": "mine"}, "secret: Unknown argument."),
    ],
)
def test_invalid_fields_are_named(program: Program, fields: Any, message: str) -> None:
    response = program.post("webhooks", json=fields)
    assert status_and_code(response) == (422, "invalid_arguments")
    assert message in problem(response)["detail"]


@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "127.0.0.1", "[::1]"])
def test_a_private_address_is_refused(program: Program, host: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    response = program.post("webhooks", json={"url": f"https://{host}/hooks"})
    assert status_and_code(response) == (422, "invalid_arguments")
    assert "is not a public https address" in problem(response)["detail"]
    assert not WebhookEndpoint.objects.exists()


def test_a_changed_url_is_checked_too(program: Program, created: dict[str, Any]) -> None:
    response = program.patch(f"webhooks/{created['id']}", json={"url": "https://10.0.0.1/"})
    assert status_and_code(response) == (422, "invalid_arguments")


def test_an_account_has_at_most_ten_webhooks(program: Program, alice: User) -> None:
    for _ in range(8):
        create_webhook(alice)

    def create() -> object:
        return program.post("webhooks", json={"url": URL}).status_code == 201

    assert sorted(at_once(*[create] * 4)) == ["done", "done", "nothing", "nothing"]
    assert status_and_code(program.post("webhooks", json={"url": URL})) == (409, "too_many_webhooks")


def test_a_rotation_returns_a_new_secret(program: Program, created: dict[str, Any]) -> None:
    rotated = program.post(f"webhooks/{created['id']}/rotate").json()
    assert rotated.keys() == {*FIELDS, "secret"}
    assert rotated["secret"] != created["secret"]
    assert secrets.decrypt(WebhookEndpoint.objects.get().previous_secret) == created["secret"]


def test_a_test_event_is_listed_and_resent(program: Program, created: dict[str, Any]) -> None:
    path = f"webhooks/{created['id']}"
    response = program.post(f"{path}/test")
    delivery = response.json()
    assert (response.status_code, delivery.keys()) == (202, DELIVERY_FIELDS)
    assert (delivery["eventType"], delivery["status"], delivery["attempts"]) == ("webhook.test", "pending", 0)
    assert program.get(f"{path}/deliveries").json() == {"deliveries": [delivery], "total": 1, "limit": 20, "offset": 0}
    WebhookDelivery.objects.update(
        status="failed", attempt=10, next_attempt_at=None, finished_at="2026-11-29T00:00Z", tried_at="2026-11-29T00:00Z"
    )
    assert program.get(path).json()["lastDelivery"]["attempts"] == 10
    resent = program.post(f"{path}/deliveries/{delivery['id']}/resend")
    assert (resent.status_code, resent.json()["status"]) == (202, "pending")
    assert resent.json()["id"] == delivery["id"]


def test_deliveries_are_paged_and_filtered_by_status(program: Program, alice: User) -> None:
    webhook = create_webhook(alice).endpoint
    for _ in range(3):
        finished_image(alice)
    newest = WebhookDelivery.objects.newest_first()
    path = f"webhooks/{webhook.pk}/deliveries"
    page = program.get(path, params={"limit": 2, "offset": 1}).json()
    assert [entry["id"] for entry in page["deliveries"]] == [str(delivery.pk) for delivery in newest[1:]]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 1)
    assert program.get(path, params={"status": "failed"}).json()["total"] == 0
    assert program.get(path, params={"status": "pending"}).json()["total"] == 3
    assert status_and_code(program.get(path, params={"status": "lost"})) == (422, "invalid_arguments")


def test_a_deleted_webhook_is_not_found(program: Program, created: dict[str, Any]) -> None:
    path = f"webhooks/{created['id']}"
    assert program.delete(path).status_code == 204
    assert status_and_code(program.get(path)) == (404, "webhook_not_found")
    assert program.get("webhooks").json() == {"webhooks": []}
    assert WebhookEndpoint.objects.get().secret == ""


def test_an_unknown_id_is_not_found_and_no_id_is_invalid(program: Program, created: dict[str, Any]) -> None:
    assert status_and_code(program.get(f"webhooks/{uuid.uuid4()}")) == (404, "webhook_not_found")
    assert status_and_code(program.get("webhooks/x")) == (422, "invalid_arguments")
    unknown = program.post(f"webhooks/{created['id']}/deliveries/{uuid.uuid4()}/resend")
    assert status_and_code(unknown) == (404, "delivery_not_found")
