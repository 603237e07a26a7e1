"""`manage.py reconcile` finishes or refunds images without a worker, once, and changes nothing else."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connections

from accounts.models import User
from images import generation
from images.models import Image
from images.storage import files
from images.worker import attempts, heartbeat
from tests.concurrency import run
from tests.factories import balance, caller_of
from tests.faults.steps import StartWorker, entries, execute, finished, request_image
from tests.worker_thread import WorkerThread

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider", "steady")]

Files = Callable[[Image], list[str]]
NOTHING = "requeued 0, refunded 0, swept 0"


@pytest.fixture
def steady(transactional_db: None) -> None:
    """Workers have sent heartbeats for an hour, the last one a moment ago."""
    set_heartbeat(beat="0 s", steady="1 h")


def set_heartbeat(*, beat: str, steady: str) -> None:
    execute("DELETE FROM images_workerpulse")
    execute("INSERT INTO images_workerpulse VALUES (1, now() - %s::interval, now() - %s::interval)", beat, steady)


def reconcile() -> str:
    out = StringIO()
    try:
        call_command("reconcile", stdout=out)
    finally:
        connections.close_all()
    return out.getvalue().strip()


def age(image: Image, interval: str) -> None:
    execute("UPDATE images_image SET created_at = created_at - %s::interval WHERE id = %s", interval, image.pk)


def set_lease(image: Image, ends_in: str) -> None:
    execute("UPDATE images_image SET lease_expires_at = now() + %s::interval WHERE id = %s", ends_in, image.pk)


def jobs(image: Image) -> int:
    return len(execute("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s", f"image:{image.pk}"))


def lose_job(image: Image) -> None:
    execute("DELETE FROM procrastinate_jobs WHERE queueing_lock = %s", f"image:{image.pk}")


def status(image: Image) -> str:
    return Image.objects.get(pk=image.pk).status


def test_an_image_whose_job_was_lost_is_enqueued_once(alice: User) -> None:
    image = request_image(alice)
    lose_job(image)
    age(image, "5 s")
    assert [reconcile(), reconcile()] == ["requeued 1, refunded 0, swept 0", NOTHING]
    assert jobs(image) == 1


def test_every_worker_finds_images_whose_job_was_lost(alice: User, start: StartWorker) -> None:
    image = request_image(alice)
    lose_job(image)
    start()
    assert finished(image).status == "succeeded"


def test_an_image_with_a_job_is_not_enqueued_again(alice: User) -> None:
    age(request_image(alice), "11 min")
    assert reconcile() == NOTHING


def test_a_queued_image_past_its_deadline_is_refunded_once(alice: User) -> None:
    image = request_image(alice)
    lose_job(image)
    age(image, "12 min")
    assert [reconcile(), reconcile()] == ["requeued 0, refunded 1, swept 0", NOTHING]
    assert (finished(image).error_code, entries(image), balance(alice)) == ("timed_out", ["generation", "refund"], 100)


def test_concurrent_rounds_have_the_effect_of_one(alice: User) -> None:
    overdue, without_job = request_image(alice), request_image(alice)
    lose_job(without_job)
    age(overdue, "12 min")
    age(without_job, "5 s")
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: reconcile(), range(12)))
    assert (status(overdue), entries(overdue)) == ("failed", ["generation", "refund"])
    assert (status(without_job), jobs(without_job)) == ("queued", 1)


@pytest.mark.parametrize("created", ["5 s", "12 min"])
def test_a_current_lease_is_respected(alice: User, created: str) -> None:
    image = request_image(alice)
    attempts.claim(image.pk)
    lose_job(image)
    age(image, created)
    assert reconcile() == NOTHING
    assert status(image) == "running"


def test_an_image_with_an_expired_lease_is_enqueued(alice: User) -> None:
    image = request_image(alice)
    attempts.claim(image.pk)
    lose_job(image)
    age(image, "5 s")
    set_lease(image, "-1 s")
    assert reconcile() == "requeued 1, refunded 0, swept 0"
    assert entries(image) == ["generation"]


def test_an_image_with_an_expired_lease_past_its_deadline_is_refunded(alice: User) -> None:
    image = request_image(alice)
    attempts.claim(image.pk)
    age(image, "12 min")
    set_lease(image, "-1 s")
    assert reconcile() == "requeued 0, refunded 1, swept 0"
    assert entries(image) == ["generation", "refund"]


def store_leftovers(image: Image, *names: str) -> None:
    for name in names:
        files.backend().save(f"{files.folder(image.pk)}/{name}", ContentFile(b"leftover"))


def test_unused_files_are_swept_once(alice: User, worker: WorkerThread, files_of: Files) -> None:
    image = finished(request_image(alice))
    store_leftovers(image, "1-thumbnail.webp", "2.png", "2-thumbnail.webp", "11.jpg")
    execute("UPDATE images_image SET swept_at = NULL, finished_at = finished_at - interval '16 min'")
    worker.stop()
    assert [reconcile(), reconcile()] == ["requeued 0, refunded 0, swept 1", NOTHING]
    assert files_of(image) == ["1-thumbnail.webp", "1.png"]


def test_files_of_a_failed_image_are_swept_once_no_attempt_can_write(alice: User, files_of: Files) -> None:
    image = request_image(alice)
    age(image, "12 min")
    store_leftovers(image, "1.png")
    assert [reconcile(), reconcile()] == ["requeued 0, refunded 1, swept 0", NOTHING]
    assert files_of(image) == ["1.png"]
    execute("UPDATE images_image SET finished_at = finished_at - interval '16 min'")
    assert [reconcile(), files_of(image)] == ["requeued 0, refunded 0, swept 1", []]


def test_an_interrupted_deletion_is_completed(alice: User, worker: WorkerThread, files_of: Files) -> None:
    image = finished(request_image(alice))
    generation.delete(caller_of(alice), image.pk)
    store_leftovers(image, "1.png")
    execute("UPDATE images_image SET swept_at = NULL")
    worker.stop()
    assert [reconcile(), files_of(image)] == ["requeued 0, refunded 0, swept 1", []]


@pytest.mark.parametrize(
    ("beat", "steady", "is_claimed"),
    [
        ("0 s", "1 h", True),
        # There were no heartbeats, so leases may not have been renewed either.
        ("1 min", "1 h", False),
        # The database has been available for less than a lease.
        ("0 s", "2 s", False),
        ("0 s", "3.1 s", True),
    ],
)
def test_an_expired_lease_can_be_claimed_only_after_a_steady_heartbeat(
    alice: User, beat: str, steady: str, is_claimed: bool
) -> None:
    image = request_image(alice)
    attempts.claim(image.pk)
    set_lease(image, "-1 min")
    set_heartbeat(beat=beat, steady=steady)
    assert bool(attempts.claim(image.pk)) is is_claimed


def test_the_first_heartbeat_after_an_outage_restarts_the_steady_period(alice: User) -> None:
    image = request_image(alice)
    attempts.claim(image.pk)
    set_lease(image, "-1 min")
    set_heartbeat(beat="1 min", steady="1 h")
    assert run(heartbeat.record()) is False
    assert attempts.claim(image.pk) is None


def test_reconciling_by_hand_waits_until_leases_could_have_been_renewed(alice: User) -> None:
    image = request_image(alice)
    attempts.claim(image.pk)
    age(image, "12 min")
    set_lease(image, "-1 min")
    set_heartbeat(beat="1 min", steady="1 h")
    assert reconcile() == "requeued 0, refunded 1, swept 0"
    assert execute("SELECT now() - steady_since >= interval '3 s' FROM images_workerpulse") == [(True,)]
