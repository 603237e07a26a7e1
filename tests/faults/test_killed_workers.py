"""Workers that are killed with SIGKILL at every moment of a generation."""

import signal
from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.models import User
from images.models import Image
from images.storage import files
from tests.concurrency import eventually
from tests.database import count_waiting_for_locks
from tests.factories import balance
from tests.faults.steps import StartWorker, entries, finished, request_image
from tests.images.providers.stand_in import ProviderStandIn

pytestmark = pytest.mark.django_db(transaction=True)

Files = Callable[[Image], list[str]]


def test_a_kill_during_the_provider_call_leads_to_one_picture_and_one_charge(
    alice: User, provider: ProviderStandIn, start: StartWorker
) -> None:
    provider.hold()
    image, first = request_image(alice), start()
    provider.wait_for_requests(1)
    start()
    first.kill()
    provider.release()
    assert finished(image).status == "succeeded"
    assert (len(provider.requests), entries(image), balance(alice)) == (2, ["generation"], 95)


@pytest.mark.parametrize(
    "moment", ["DiesBeforeThePicture", pytest.param("DiesWithHalfThePicture", marks=pytest.mark.long)]
)
def test_a_kill_before_the_picture_is_stored_leads_to_a_second_provider_call(
    alice: User, provider: ProviderStandIn, start: StartWorker, moment: str
) -> None:
    image, first = request_image(alice), start(moment)
    provider.wait_for_requests(1)
    start()
    assert first.wait() == -signal.SIGKILL
    assert finished(image).status == "succeeded"
    assert (len(provider.requests), entries(image)) == (2, ["generation"])


def test_a_picture_that_a_killed_worker_stored_is_adopted(
    alice: User, provider: ProviderStandIn, start: StartWorker, files_of: Files
) -> None:
    image, first = request_image(alice), start("DiesAfterThePicture")
    provider.wait_for_requests(1)
    start()
    assert first.wait() == -signal.SIGKILL
    leftover = files.read(f"{files.folder(image.pk)}/1.png")
    final = finished(image)
    assert (final.status, final.attempt, files.read(final.picture_name) == leftover) == ("succeeded", 2, True)
    assert "2.png" in files_of(image)
    assert (len(provider.requests), entries(image)) == (1, ["generation"])


@pytest.mark.long
def test_the_last_statement_of_a_worker_may_complete_after_its_death(
    alice: User, provider: ProviderStandIn, start: StartWorker
) -> None:
    provider.hold()
    image, first = request_image(alice), start()
    provider.wait_for_requests(1)
    with transaction.atomic():
        Image.objects.select_for_update().get(pk=image.pk)
        provider.release()
        # The renewal of the lease waits for the row lock, and after it the statement that makes the image final.
        eventually(lambda: count_waiting_for_locks() == 2)
        first.kill()
    start()
    assert finished(image).status == "succeeded"
    assert (len(provider.requests), entries(image)) == (1, ["generation"])


@pytest.mark.long
def test_three_kills_during_the_provider_call_lead_to_one_refund(
    alice: User, provider: ProviderStandIn, start: StartWorker
) -> None:
    provider.hold()
    image, worker = request_image(alice), start()
    for kills in (1, 2, 3):
        provider.wait_for_requests(kills)
        successor = start()
        worker.kill()
        worker = successor
    final = finished(image)
    assert (final.status, final.error_code, final.provider_calls) == ("failed", "provider_error", 3)
    assert (len(provider.requests), entries(image), balance(alice)) == (3, ["generation", "refund"], 100)
