"""A worker delivers events: at once, again after a failure, what a lost job left, and fairly between users."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from accounts.models import User
from images.models import WebhookDelivery
from images.webhooks import dispatcher, endpoints, schedule
from tests.concurrency import eventually
from tests.database import run_sql
from tests.factories import caller_of, create_webhook, queued_image
from tests.images.webhooks.receiver import Answer, Receiver
from tests.images.webhooks.steps import statuses
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def other_receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_generated_image_is_announced(alice: User, receiver: Receiver, worker: WorkerThread) -> None:
    create_webhook(alice, receiver.hook_url)
    image = queued_image(alice)
    (request,) = receiver.wait_for(1)
    assert str(image.pk).encode() in request.body
    eventually(lambda: statuses() == ["succeeded"])


def test_a_failure_is_retried_with_the_same_id(
    alice: User, receiver: Receiver, worker: WorkerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "PAUSES", [timedelta(milliseconds=10)] * 9)
    receiver.planned.extend([Answer(500), Answer(301), Answer(500)])
    endpoint = create_webhook(alice, receiver.hook_url).endpoint
    endpoints.send_test(caller_of(alice), endpoint.pk)
    assert len({request.webhook_id for request in receiver.wait_for(4)}) == 1
    eventually(lambda: statuses() == ["succeeded"])


def test_an_event_whose_job_was_lost_is_found(alice: User, receiver: Receiver) -> None:
    endpoint = create_webhook(alice, receiver.hook_url).endpoint
    endpoints.send_test(caller_of(alice), endpoint.pk)
    run_sql("DELETE FROM procrastinate_jobs")
    worker = WorkerThread().start()
    receiver.wait_for(1)
    worker.stop()
    assert statuses() == ["succeeded"]


def test_a_receiver_that_hangs_delays_no_other_user(
    alice: User, bob: User, receiver: Receiver, other_receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Fewer slots than the hanging endpoint would take.
    monkeypatch.setattr(dispatcher, "SLOTS", 22)
    receiver.hold()
    hanging = create_webhook(alice, receiver.hook_url).endpoint
    for _ in range(30):
        endpoints.send_test(caller_of(alice), hanging.pk)
    worker = WorkerThread().start()
    receiver.wait_for(20)
    bobs = create_webhook(bob, other_receiver.hook_url).endpoint
    for _ in range(5):
        endpoints.send_test(caller_of(bob), bobs.pk)
    other_receiver.wait_for(5)
    assert WebhookDelivery.objects.filter(endpoint=hanging, status="succeeded").count() == 0
    assert receiver.most_at_once == 20
    receiver.release()
    receiver.wait_for(30)
    worker.stop()
    assert set(statuses()) == {"succeeded"}
    assert receiver.most_at_once == 20


def test_a_worker_that_stops_ends_its_tries(alice: User, receiver: Receiver) -> None:
    endpoint = create_webhook(alice, receiver.hook_url).endpoint
    receiver.hold()
    endpoints.send_test(caller_of(alice), endpoint.pk)
    worker = WorkerThread().start()
    receiver.wait_for(1)
    assert worker.worker is not None
    assert worker.loop is not None
    worker.loop.call_soon_threadsafe(worker.worker.stop)
    receiver.release()
    worker.stop()
    assert (statuses(), len(receiver.requests)) == (["succeeded"], 1)
