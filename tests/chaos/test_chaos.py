"""A short run of `make chaos`, and tests of its checks."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from accounts.models import User
from images.models import Image, WebhookDelivery
from tests.chaos import checks, killer, report
from tests.chaos.load import Request
from tests.chaos.run import Plan, run
from tests.factories import create_webhook, finished_image
from tests.faults.steps import request_image
from tests.images.webhooks.receiver import Received

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_is_lost_or_charged_twice_while_everything_is_killed(tmp_path: Path) -> None:
    outcome = run(Plan(seed=6458, kills=12, webs=1, workers=2, clients=6), tmp_path / "chaos")
    assert outcome.faults == []
    assert len(outcome.hits) == 12
    assert report.under_way(outcome) >= 6
    assert "succeeded" in {request.outcome for request in outcome.requests if "sources" not in request.fields}
    assert "succeeded" in {request.outcome for request in outcome.requests if "sources" in request.fields}


def test_the_plan_depends_on_the_seed() -> None:
    plans = [killer.plan(random.Random(seed), 50) for seed in (7, 7, 8)]  # noqa: S311
    assert plans[0] == plans[1] != plans[2]


@pytest.fixture
def image(alice: User, provider: Any) -> Image:
    return request_image(alice, idempotencyKey="once")


def remove_image(image: Image, request: Request, calls: Path) -> None:
    request.key = "another"


def remove_status(image: Image, request: Request, calls: Path) -> None:
    request.finals.clear()


def add_another_id(image: Image, request: Request, calls: Path) -> None:
    request.ids.add("another")


def add_a_call(image: Image, request: Request, calls: Path) -> None:
    calls.write_text(f"{image.prompt}\n")


@pytest.mark.parametrize(
    ("break_rule", "message"),
    [
        (remove_image, "another has no image"),
        (remove_image, "belongs to no request"),
        (remove_status, "is still queued"),
        (add_another_id, "once received the ids"),
        (add_a_call, "once caused 1 provider calls, but 0 are counted"),
        (remove_status, "is queued with the entries"),
    ],
)
def test_a_violation_is_reported(
    image: Image, tmp_path: Path, break_rule: Callable[[Image, Request, Path], None], message: str
) -> None:
    request = Request("once", "picture", "waits", {"prompt": image.prompt}, ids={str(image.id)}, finals={"succeeded"})
    break_rule(image, request, tmp_path / "calls")
    assert any(message in fault for fault in checks.faults([request], tmp_path / "calls"))


def test_a_missing_a_second_and_a_changed_event_are_reported(alice: User) -> None:
    endpoint = create_webhook(alice).endpoint
    silent, repeated, changed = (finished_image(alice) for _ in range(3))
    WebhookDelivery.objects.update(status="succeeded", next_attempt_at=None, finished_at=Now())
    ids = {delivery.image_id: delivery.pk for delivery in WebhookDelivery.objects.all()}
    received = [
        Received({"webhook-id": str(delivery_id)}, body)
        for image, bodies in ((repeated, [b"1", b"1"]), (changed, [b"1", b"2"]), (silent, [b"1"]))
        for delivery_id in [ids[image.pk]]
        for body in bodies
    ]
    assert [fault.split(" is ")[0] for fault in checks.event_faults(received)] == [
        f"event {ids[changed.pk]} of image {changed.pk}"
    ]
    WebhookDelivery.objects.filter(image=silent).delete()
    WebhookDelivery.objects.create(endpoint=endpoint, image=repeated, event_type="image.succeeded", data={})
    faults = list(checks.event_faults(received))
    assert f"image {silent.pk} is succeeded with the events []" in faults
    assert f"image {repeated.pk} is succeeded with the events ['image.succeeded', 'image.succeeded']" in faults
