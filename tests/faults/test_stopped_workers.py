"""Workers that are stopped or frozen, or whose storage or provider is unavailable."""

import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F, Q

from accounts.models import User
from images.models import Image
from tests.concurrency import eventually
from tests.factories import balance
from tests.faults.steps import StartWorker, entries, finished, request_image
from tests.images.providers.responses import status
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

Files = Callable[[Image], list[str]]
LEASE = timedelta(seconds=2)


def row(image: Image) -> dict[str, Any]:
    return dict(Image.objects.filter(pk=image.pk).values().get())


def test_an_idle_worker_ends_on_sigterm(alice: User, provider: ProviderStandIn, start: StartWorker) -> None:
    image, worker = request_image(alice), start()
    assert finished(image).status == "succeeded"
    assert worker.stop() == 0


@pytest.mark.long
def test_a_draining_worker_holds_its_image_beyond_the_first_lease(
    alice: User, provider: ProviderStandIn, other_provider: ProviderStandIn, start: StartWorker
) -> None:
    other_provider.hold()
    image, draining = request_image(alice), start(at=other_provider)
    other_provider.wait_for_requests(1)
    draining.send(signal.SIGTERM)
    eventually(lambda: "draining" in draining.log_text)
    start()
    second_finished_at = finished(request_image(alice, prompt="an image for the other worker")).finished_at
    assert second_finished_at is not None
    taken_over_or_renewed = Q(attempt__gt=1) | Q(lease_expires_at__gt=second_finished_at + 2 * LEASE)
    eventually(Image.objects.filter(taken_over_or_renewed, pk=image.pk).exists)
    other_provider.release()
    assert draining.wait() == 0
    final = Image.objects.get(pk=image.pk)
    assert (final.status, final.attempt, entries(image)) == ("succeeded", 1, ["generation"])
    assert (len(other_provider.requests), len(provider.requests)) == (1, 1)


@pytest.mark.long
def test_an_image_that_waits_for_a_retry_is_released(
    alice: User, provider: ProviderStandIn, start: StartWorker
) -> None:
    provider.respond_with(status(503, Retry_After="60"))
    image, first = request_image(alice), start()
    provider.wait_for_requests(1)
    assert first.stop() == 0
    released = Image.objects.get(pk=image.pk)
    assert (released.status, released.lease_expires_at, entries(image)) == ("running", None, ["generation"])
    start()
    assert finished(image).status == "succeeded"
    assert (len(provider.requests), entries(image)) == (2, ["generation"])


@pytest.mark.long
def test_a_draining_worker_keeps_the_picture_until_storage_is_available(
    alice: User, provider: ProviderStandIn, start: StartWorker, settings: Any
) -> None:
    image, worker = request_image(alice), start("FailsUntilRepaired")
    eventually((Path(settings.MEDIA_ROOT) / "failed").exists)
    worker.send(signal.SIGTERM)
    eventually(lambda: "draining" in worker.log_text)
    (Path(settings.MEDIA_ROOT) / "repaired").touch()
    assert worker.wait() == 0
    assert Image.objects.get(pk=image.pk).status == "succeeded"
    assert len(provider.requests) == 1


def test_storage_that_fails_twice_causes_no_second_call(
    alice: User, provider: ProviderStandIn, start: StartWorker, files_of: Files
) -> None:
    image, _ = request_image(alice), start("FailsTwice")
    assert finished(image).status == "succeeded"
    assert files_of(image) == ["1.png"]
    assert (len(provider.requests), entries(image)) == (1, ["generation"])


def test_an_image_is_refunded_once_after_three_failed_calls(
    alice: User, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    provider.respond_with(status(500), status(502), status(503))
    image = finished(request_image(alice))
    assert (image.status, image.error_code, image.attempt) == ("failed", "provider_error", 1)
    assert (len(provider.requests), entries(image), balance(alice)) == (3, ["generation", "refund"], 100)


def test_an_attempt_that_resumes_too_late_changes_nothing_and_removes_its_files(
    alice: User, provider: ProviderStandIn, other_provider: ProviderStandIn, start: StartWorker, files_of: Files
) -> None:
    other_provider.hold()
    image, frozen = request_image(alice), start(at=other_provider)
    other_provider.wait_for_requests(1)
    frozen.send(signal.SIGSTOP)
    start()
    assert finished(image).status == "succeeded"
    before = row(image)
    other_provider.release()
    frozen.send(signal.SIGCONT)
    eventually(lambda: "attempt 1" in frozen.log_text)
    assert "attempt 1 lost its lease" in frozen.log_text
    assert row(image) == before
    assert files_of(image) == ["2.png"]
    assert (len(other_provider.requests), len(provider.requests), entries(image)) == (1, 1, ["generation"])


@pytest.mark.long
def test_an_attempt_that_resumes_after_the_refund_removes_its_files(
    alice: User, provider: ProviderStandIn, other_provider: ProviderStandIn, start: StartWorker, files_of: Files
) -> None:
    other_provider.hold()
    image, frozen = request_image(alice), start(at=other_provider)
    other_provider.wait_for_requests(1)
    frozen.send(signal.SIGSTOP)
    Image.objects.filter(pk=image.pk).update(created_at=F("created_at") - timedelta(minutes=12))
    start()
    assert finished(image).error_code == "timed_out"
    other_provider.release()
    frozen.send(signal.SIGCONT)
    eventually(lambda: "attempt 1" in frozen.log_text)
    assert "attempt 1 lost its lease" in frozen.log_text
    assert (files_of(image), entries(image)) == ([], ["generation", "refund"])
