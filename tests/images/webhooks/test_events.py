"""Every final image and every low balance alert writes one event for each enabled endpoint."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts import deletion
from accounts.models import User
from billing.alerts import low_balance
from images import generation, staff_actions
from images.failures import ModerationRejected, ProviderFailed
from images.models import DEADLINE, Image, WebhookDelivery, WebhookEndpoint
from images.schemas import FlatImageResult
from images.webhooks import endpoints, events
from images.webhooks.exceptions import WebhookDisabled
from images.worker import attempts, reconciliation
from tests.billing.payments.steps import spend
from tests.factories import caller_of, complete, create_webhook, edited_image, finished_image, queued_image

pytestmark = pytest.mark.django_db


def fail(image: Image, failure: Any) -> None:
    attempt = attempts.claim(image.pk)
    assert attempt is not None
    assert attempts.fail(attempt, failure)


def overdue(image: Image) -> None:
    Image.objects.filter(pk=image.pk).update(created_at=Now() - DEADLINE - timedelta(minutes=1))
    assert reconciliation.reconcile().refunded == 1


def ended_by_staff(image: Image) -> None:
    assert attempts.claim(image.pk)
    staff_actions.end_image(image.pk)


def delete_account_of_running(image: Image) -> None:
    assert attempts.claim(image.pk)
    assert image.user is not None
    deletion.delete(image.user)


ENDINGS: Any = {
    "worker": (complete, "image.succeeded"),
    "rejection": (lambda image: fail(image, ModerationRejected("No.")), "image.rejected"),
    "failure": (lambda image: fail(image, ProviderFailed("No.")), "image.failed"),
    "deadline": (overdue, "image.failed"),
    "staff": (ended_by_staff, "image.failed"),
    "cancellation": (lambda image: generation.cancel(caller_of(image.user), image.pk), "image.cancelled"),
    "account deletion": (lambda image: deletion.delete(image.user), "image.cancelled"),
    "account deletion of a running image": (delete_account_of_running, "image.failed"),
}


def written() -> list[tuple[uuid.UUID, str]]:
    return sorted(WebhookDelivery.objects.values_list("endpoint_id", "event_type"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_final_image_writes_one_event_for_each_enabled_endpoint(alice: User, bob: User, ending: str) -> None:
    ids = sorted(create_webhook(alice).endpoint.pk for _ in range(2))
    create_webhook(alice, enabled=False, disabled_at=timezone.now(), disabled_reason="owner")
    create_webhook(alice, deleted_at=timezone.now())
    create_webhook(alice, event_types=["balance.low"])
    create_webhook(bob)
    end, event = ENDINGS[ending]
    image = queued_image(alice)
    end(image)
    assert written() == [(endpoint_id, event) for endpoint_id in ids]
    assert set(WebhookDelivery.objects.values_list("image_id", flat=True)) == {image.pk}


def test_the_data_is_the_image_as_in_the_api_without_prompt_and_link(alice: User) -> None:
    create_webhook(alice)
    source = finished_image(alice)
    image = edited_image(alice, source)
    image.refresh_from_db()
    data = WebhookDelivery.objects.get(image=image).data
    expected = FlatImageResult.flat(image, balance=90, image_url=None).to_json()
    assert data == {name: value for name, value in expected.items() if name not in {"prompt", "imageUrl"}}
    assert data["sources"][0]["id"] == str(source.pk)


def test_a_refunded_image_states_the_balance_after_the_refund(alice: User) -> None:
    create_webhook(alice)
    fail(queued_image(alice), ProviderFailed("The provider failed."))
    data = WebhookDelivery.objects.get().data
    assert (data["credits"], data["error"]["code"]) == ({"charged": 5, "remaining": 100}, "provider_error")


def test_a_rolled_back_ending_writes_nothing(alice: User) -> None:
    create_webhook(alice)
    image = queued_image(alice)
    with transaction.atomic():
        complete(image)
        assert len(written()) == 1
        transaction.set_rollback(True)
    image.refresh_from_db()
    assert (image.status, written()) == ("queued", [])


def test_a_user_without_webhooks_costs_one_statement(alice: User, django_assert_num_queries: Any) -> None:
    image = queued_image(alice)
    with django_assert_num_queries(1):
        events.record_image(image.pk, "succeeded")


def test_deleting_an_image_erases_its_texts_from_events(alice: User) -> None:
    create_webhook(alice)
    failed, succeeded = queued_image(alice), queued_image(alice)
    Image.objects.update(style="In the style of my secret")
    fail(failed, ModerationRejected("The prompt names a person."))
    complete(succeeded)
    for image in (failed, succeeded):
        generation.delete(caller_of(alice), image.pk)
    data = [delivery.data for delivery in WebhookDelivery.objects.order_by("created_at")]
    assert [entry["style"] for entry in data] == [None, None]
    assert [entry["error"] for entry in data] == [{"code": "moderation_rejected", "message": ""}, None]


def test_a_low_balance_alert_writes_one_event(alice: User, bob: User) -> None:
    endpoint = create_webhook(alice).endpoint
    create_webhook(alice, event_types=["image.failed"])
    create_webhook(bob)
    low_balance.set_level(alice.pk, 50)
    spend(alice, 60)
    low_balance.enqueue_due()
    low_balance.enqueue_due()
    assert written() == [(endpoint.pk, "balance.low")]
    assert WebhookDelivery.objects.get().data == {"creditBalance": 40, "alertLevel": 50}


def test_a_test_event_goes_to_one_endpoint_whatever_it_receives(alice: User) -> None:
    create_webhook(alice)
    endpoint = create_webhook(alice, event_types=["balance.low"]).endpoint
    delivery = endpoints.send_test(caller_of(alice), endpoint.pk)
    assert written() == [(endpoint.pk, "webhook.test")]
    assert delivery.data["webhookId"] == str(endpoint.pk)


def test_a_disabled_endpoint_gets_no_test_event(alice: User) -> None:
    endpoint = create_webhook(alice, enabled=False, disabled_at=timezone.now(), disabled_reason="gone").endpoint
    with pytest.raises(WebhookDisabled):
        endpoints.send_test(caller_of(alice), endpoint.pk)


def test_the_events_of_a_deleted_account_are_kept_until_they_have_ended(alice: User) -> None:
    idle, busy = create_webhook(alice, event_types=["balance.low"]).endpoint, create_webhook(alice).endpoint
    queued_image(alice)
    deletion.delete(alice)
    reconciliation.reconcile()
    assert list(WebhookEndpoint.objects.values_list("pk", flat=True)) == [busy.pk]
    assert idle.pk != busy.pk
    WebhookDelivery.objects.update(status="succeeded", next_attempt_at=None, finished_at=Now())
    reconciliation.reconcile()
    assert not WebhookEndpoint.objects.exists()


def test_old_deliveries_and_deleted_endpoints_are_removed(alice: User) -> None:
    kept, deleted = create_webhook(alice).endpoint, create_webhook(alice).endpoint
    finished_image(alice)
    finished_image(alice)
    old = WebhookDelivery.objects.filter(endpoint=kept).first()
    assert old is not None
    WebhookDelivery.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=31))
    endpoints.delete(caller_of(alice), deleted.pk)
    assert reconciliation.reconcile().deliveries_removed == 3
    assert written() == [(kept.pk, "image.succeeded")]
    assert list(WebhookEndpoint.objects.values_list("pk", flat=True)) == [kept.pk]
