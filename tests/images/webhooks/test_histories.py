"""Random histories of images, with workers that die, webhooks that come and go, and repeated steps.

A model computes the events: one for each image that became final and each endpoint that was enabled then.
"""

import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from accounts import deletion
from accounts.models import User
from images import generation, staff_actions
from images.exceptions import NotCancellable, NotReady
from images.failures import ModerationRejected, ProviderFailed, TimedOut
from images.models import Image, WebhookDelivery, WebhookEndpoint
from images.pictures import raster
from images.pictures.raster import Picture
from images.schemas import GenerationArguments
from images.webhooks import deliveries, endpoints
from images.webhooks.schemas import WebhookChangeArguments
from images.webhooks.tries import TryResult
from images.worker import attempts
from images.worker.attempts import Attempt
from tests.factories import MODEL, caller_of, create_user, create_webhook, encoded_picture

STEPS = (
    *("request", "claim", "kill", "succeed", "reject", "fail", "time out", "cancel", "end", "roll back"),
    *("add endpoint", "disable", "enable", "delete endpoint", "deliver", "deliver and die", "delete account"),
)
histories = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 5)), min_size=3, max_size=20)


class History:
    """One user's images and endpoints, and the events that the model expects."""

    def __init__(self, picture: Picture) -> None:
        self.user: User | None = create_user(f"{uuid.uuid4()}@example.com", credits=1000)
        self.caller = caller_of(self.user)
        self.picture = picture
        self.images: list[Image] = []
        self.attempts: list[Attempt] = []
        self.endpoints: list[WebhookEndpoint] = []
        self.expected: Counter[tuple[uuid.UUID, uuid.UUID, str]] = Counter()
        self.removed: set[uuid.UUID] = set()

    def apply(self, step: str, number: int) -> None:
        """Take a step, if it is possible, and add the events of the images that it made final."""
        before = self._final()
        enabled = [endpoint.pk for endpoint in self._live() if endpoint.enabled]
        getattr(self, "_" + step.replace(" ", "_"))(number)
        for image_id, status in self._final() - before:
            self.expected.update((endpoint_id, image_id, f"image.{status}") for endpoint_id in enabled)

    def check(self) -> None:
        written = WebhookDelivery.objects.values_list("endpoint_id", "image_id", "event_type")
        assert Counter(written) == self.expected

    def _final(self) -> set[tuple[uuid.UUID, str]]:
        ids = [image.pk for image in self.images]
        return set(Image.objects.filter(pk__in=ids, finished_at__isnull=False).values_list("pk", "status"))

    def _live(self) -> list[WebhookEndpoint]:
        return list(WebhookEndpoint.objects.filter(user=self.user, deleted_at=None)) if self.user else []

    def _request(self, _: int) -> None:
        if self.user:
            arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": MODEL})
            self.images.append(generation.request(self.caller, arguments).image)

    def _claim(self, number: int) -> None:
        attempt = self.images and attempts.claim(self.images[number % len(self.images)].pk)
        if attempt:
            self.attempts.append(attempt)

    def _kill(self, number: int) -> None:
        # The worker is gone and its lease has expired. Its attempt stays in the list: it may only have been frozen.
        if self.images:
            Image.objects.filter(pk=self.images[number % len(self.images)].pk, status="running").update(
                lease_expires_at=None
            )

    def _succeed(self, number: int) -> None:
        if self.attempts:
            attempt = self.attempts[number % len(self.attempts)]
            attempts.succeed(attempt, self.picture, picture_name="1.png")

    def _reject(self, number: int) -> None:
        if self.attempts:
            attempts.fail(self.attempts[number % len(self.attempts)], ModerationRejected("No."))

    def _fail(self, number: int) -> None:
        if self.attempts:
            attempts.fail(self.attempts[number % len(self.attempts)], ProviderFailed("No."))

    def _time_out(self, number: int) -> None:
        if self.images:
            attempts.end_unleased(self.images[number % len(self.images)].pk, TimedOut())

    def _cancel(self, number: int) -> None:
        if self.images and self.user:
            try:
                generation.cancel(self.caller, self.images[number % len(self.images)].pk)
            except NotCancellable:
                """It is running or final."""

    def _end(self, number: int) -> None:
        if self.images:
            try:
                staff_actions.end_image(self.images[number % len(self.images)].pk)
            except NotReady:
                """It is final."""

    def _roll_back(self, number: int) -> None:
        with transaction.atomic():
            self._claim(number)
            self._succeed(number)
            self._end(number)
            transaction.set_rollback(True)
        self.attempts = [each for each in self.attempts if Image.objects.get(pk=each.image_id).attempt >= each.number]

    def _add_endpoint(self, _: int) -> None:
        if self.user and len(self._live()) < 3:
            create_webhook(self.user)

    def _disable(self, number: int) -> None:
        self._change(number, enabled=False)

    def _enable(self, number: int) -> None:
        self._change(number, enabled=True)

    def _change(self, number: int, *, enabled: bool) -> None:
        if live := self._live():
            arguments = WebhookChangeArguments(enabled=enabled)
            endpoints.change(self.caller, live[number % len(live)].pk, arguments)

    def _delete_endpoint(self, number: int) -> None:
        if live := self._live():
            endpoints.delete(self.caller, live[number % len(live)].pk)

    def _deliver(self, number: int) -> None:
        for endpoint_id in deliveries.due_endpoints():
            request = deliveries.claim_next(endpoint_id)
            if request:
                deliveries.record(request, TryResult(0.1, status=200 if number else 500))

    def _deliver_and_die(self, _: int) -> None:
        for endpoint_id in deliveries.due_endpoints():
            deliveries.claim_next(endpoint_id)
        WebhookDelivery.objects.update(lease_expires_at=None)

    def _delete_account(self, number: int) -> None:
        if self.user and number == 0:
            deletion.delete(User.objects.get(pk=self.user.pk))
            self.user = None


@pytest.mark.django_db
def test_any_history_writes_one_event_for_each_final_image_and_enabled_endpoint(settings: Any) -> None:
    picture = raster.prepare(encoded_picture(64, 64), "1:1")

    @hypothesis_settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(history=histories)
    def check(history: list[tuple[str, int]]) -> None:
        # Each example runs in its own transaction, which is rolled back.
        with transaction.atomic():
            model = History(picture)
            for step, number in [("add endpoint", 0), ("request", 0), *history]:
                model.apply(step, number)
            model.check()
            transaction.set_rollback(True)

    check()
