"""The life of a delivery: tries, retries, the end after ten, resends and disabled endpoints."""

import json
import logging
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import deliveries, disabled_emails, endpoints, schedule
from images.webhooks.exceptions import DeliveryNotFound, WebhookDisabled
from images.webhooks.schemas import WebhookChangeArguments
from images.webhooks.tries import TryResult
from tests.concurrency import at_once
from tests.factories import caller_of, create_webhook, finished_image
from tests.images.webhooks.receiver import Answer, Receiver
from tests.images.webhooks.steps import make_due, send_next, statuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery(alice: User, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """A test event that waits."""
    return endpoints.send_test(caller_of(alice), endpoint.pk)


def enable(endpoint: WebhookEndpoint, *, enabled: bool = True) -> None:
    assert endpoint.user is not None
    endpoints.change(caller_of(endpoint.user), endpoint.pk, WebhookChangeArguments(enabled=enabled))


def test_a_2xx_response_ends_the_delivery(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.planned.append(Answer(204, b""))
    send_next(endpoint)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt, delivery.response_status) == ("succeeded", 1, 204)
    assert deliveries.claim_next(endpoint.pk) is None


def test_the_body_has_type_timestamp_and_data(alice: User, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
    image = finished_image(alice)
    send_next(endpoint)
    (request,) = receiver.requests
    body = json.loads(request.body)
    assert (list(body), body["type"], body["data"]["id"]) == (
        ["type", "timestamp", "data"],
        "image.succeeded",
        str(image.pk),
    )
    assert datetime.fromisoformat(body["timestamp"]) <= timezone.now()
    assert len(request.body) < 20_000
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "answer",
    [Answer(500), Answer(301, headers={"Location": "http://127.0.0.1:9/"}), Answer(404), Answer(429), Answer(503)],
)
def test_every_other_response_is_a_failure_that_is_retried_with_the_same_id(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver, answer: Answer
) -> None:
    receiver.planned.append(answer)
    send_next(endpoint)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.failures, delivery.response_status) == ("pending", 1, answer.status)
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at > timezone.now()
    make_due()
    send_next(endpoint)
    assert statuses() == ["succeeded"]
    first, second = receiver.requests
    assert (first.webhook_id, first.body) == (second.webhook_id, second.body) == (str(delivery.pk), second.body)


def test_retry_after_delays_the_next_try(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.planned.append(Answer(429, headers={"Retry-After": "3600"}))
    send_next(endpoint)
    delivery.refresh_from_db()
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at > timezone.now() + timedelta(minutes=59)
    assert delivery.tries[0]["retryAfterSeconds"] == 3600


def test_only_the_start_of_an_endless_body_is_read_and_kept(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.planned.append(Answer(200, b"start\0", endless=True))
    send_next(endpoint)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.response_excerpt[:7]) == ("succeeded", "start\ufffdx")
    assert len(delivery.response_excerpt) == 1000


def test_ten_failures_end_the_delivery(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.default = Answer(500, b"broken")
    for _ in range(schedule.TRIES_MAX):
        assert statuses() == ["pending"]
        make_due()
        send_next(endpoint)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt, delivery.next_attempt_at) == ("failed", 10, None)
    assert [entry["number"] for entry in delivery.tries] == list(range(1, 11))


def test_a_resend_keeps_the_id_and_gets_all_retries(
    alice: User, delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    WebhookDelivery.objects.update(status="failed", failures=10, next_attempt_at=None, finished_at=Now())
    deliveries.resend(endpoint, delivery.pk)
    receiver.planned.append(Answer(500))
    send_next(endpoint)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.failures, delivery.attempt) == ("pending", 1, 1)
    deliveries.resend(endpoint, delivery.pk)
    send_next(endpoint)
    assert {request.webhook_id for request in receiver.requests} == {str(delivery.pk)}
    assert statuses() == ["succeeded"]


def test_a_resend_needs_an_enabled_endpoint_and_its_own_delivery(alice: User, bob: User) -> None:
    endpoint, other = create_webhook(alice).endpoint, create_webhook(bob).endpoint
    foreign = endpoints.send_test(caller_of(bob), other.pk)
    with pytest.raises(DeliveryNotFound):
        deliveries.resend(endpoint, foreign.pk)
    with pytest.raises(DeliveryNotFound):
        deliveries.resend(endpoint, uuid.uuid4())
    enable(other, enabled=False)
    other.refresh_from_db()
    with pytest.raises(WebhookDisabled):
        deliveries.resend(other, foreign.pk)


def test_a_try_that_lost_its_lease_changes_nothing(delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> None:
    late = deliveries.claim_next(endpoint.pk)
    assert late is not None
    assert deliveries.claim_next(endpoint.pk) is None
    WebhookDelivery.objects.update(lease_expires_at=Now() - timedelta(seconds=1))
    assert deliveries.due_endpoints() == [endpoint.pk]
    send_next(endpoint)
    deliveries.record(late, TryResult(1.0, status=500))
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempt, delivery.response_status) == ("succeeded", 2, 200)


@pytest.mark.django_db(transaction=True)
def test_at_most_twenty_tries_of_an_endpoint_are_claimed_at_once(alice: User) -> None:
    endpoint = create_webhook(alice).endpoint
    for _ in range(30):
        endpoints.send_test(caller_of(alice), endpoint.pk)

    def claim() -> object:
        return deliveries.claim_next(endpoint.pk)

    assert sorted(at_once(*[claim] * 24)) == ["done"] * 20 + ["nothing"] * 4


def test_410_disables_the_endpoint_and_sends_one_email(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.planned.append(Answer(410))
    send_next(endpoint)
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason, emails_waiting()) == (False, "gone", 1)
    disabled_emails.send(endpoint.pk)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["alice@example.com"], "A webhook was disabled")
    assert "410 Gone" in message.body
    assert f"/dashboard/webhooks/{endpoint.pk}/" in message.body


def test_five_days_of_failures_disable_the_endpoint_and_send_one_email(
    alice: User, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    receiver.default = Answer(500)
    for _ in range(3):
        endpoints.send_test(caller_of(alice), endpoint.pk)
    send_next(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.enabled
    WebhookEndpoint.objects.update(failing_since=Now() - timedelta(days=5))
    waiting = deliveries.claim_next(endpoint.pk)
    send_next(endpoint)
    assert waiting is not None
    deliveries.record(waiting, TryResult(1.0, status=500))
    endpoint.refresh_from_db()
    assert (endpoint.enabled, endpoint.disabled_reason, emails_waiting()) == (False, "failing", 1)
    disabled_emails.send(endpoint.pk)
    assert "Every request in the last 5 days failed." in mail.outbox[0].body


def test_a_success_ends_the_count_of_failing_days(
    alice: User, delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    WebhookEndpoint.objects.update(failing_since=Now() - timedelta(days=4))
    send_next(endpoint)
    endpoint.refresh_from_db()
    assert endpoint.failing_since is None


def test_a_disabled_endpoint_gets_nothing_until_it_is_enabled_again(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    WebhookDelivery.objects.update(next_attempt_at=Now() + timedelta(hours=5))
    enable(endpoint, enabled=False)
    make_due()
    assert (deliveries.claim_next(endpoint.pk), deliveries.due_endpoints()) == (None, [])
    enable(endpoint)
    assert deliveries.due_endpoints() == [endpoint.pk]
    send_next(endpoint)
    assert statuses() == ["succeeded"]


def test_an_endpoint_that_was_enabled_again_gets_no_email(endpoint: WebhookEndpoint) -> None:
    disabled_emails.send(endpoint.pk)
    assert mail.outbox == []


def test_neither_urls_nor_bodies_are_logged(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    WebhookEndpoint.objects.update(url=receiver.hook_url + "?token=very-secret")
    receiver.planned.append(Answer(500, b"a private answer"))
    with caplog.at_level(logging.DEBUG):
        send_next(endpoint)
    assert "very-secret" not in caplog.text
    assert "private answer" not in caplog.text


def emails_waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'images.webhook_disabled_email'")
        count: Any = cursor.fetchone()
    return int(count[0])
