"""Workers that are killed before, during and after the request of a webhook delivery: the receiver gets the event."""

import uuid
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import override_settings

from accounts.models import User
from images.models import WebhookDelivery
from images.webhooks import deliveries, endpoints
from tests.concurrency import eventually
from tests.database import count_waiting_for_locks
from tests.factories import caller_of, create_webhook
from tests.faults.processes import WorkerProcess
from tests.images.providers.stand_in import ProviderStandIn
from tests.images.webhooks.receiver import Receiver
from tests.images.webhooks.steps import send_next

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_event_arrives_with_the_same_id_whenever_its_worker_is_killed(
    alice: User, provider: ProviderStandIn, tmp_path: Path
) -> None:
    def start() -> WorkerProcess:
        return WorkerProcess(provider, tmp_path / f"{uuid.uuid4()}.log", OUTBOUND_ALLOW_LOOPBACK="1")

    def end_lease() -> None:
        WebhookDelivery.objects.update(lease_expires_at=Now())

    with Receiver() as receiver:
        receiver.hold()
        endpoint = create_webhook(alice, receiver.hook_url).endpoint
        delivery = endpoints.send_test(caller_of(alice), endpoint.pk)
        # Before the request: only the claim is left of the first worker.
        assert deliveries.claim_next(endpoint.pk)
        end_lease()
        # During the request.
        with start() as second:
            receiver.wait_for(1)
            second.kill()
        end_lease()
        # After the response, whose result waits for a lock.
        with start() as third:
            receiver.wait_for(2)
            with transaction.atomic():
                WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
                receiver.release()
                eventually(count_waiting_for_locks)
                third.kill()
        end_lease()
        with override_settings(OUTBOUND_ALLOW_LOOPBACK=True):
            eventually(deliveries.due_endpoints)
            assert send_next(endpoint).succeeded
        delivery.refresh_from_db()
        assert (delivery.status, delivery.attempt) == ("succeeded", 4)
        assert [request.webhook_id for request in receiver.requests] == [str(delivery.pk)] * 3
