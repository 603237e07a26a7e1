"""Neither the SDK's own retries nor those of a program charge twice."""

from typing import Any

import openai
import pytest
from django.db import OperationalError

from accounts.models import User
from api.openai_compatible import generations
from images.models import Image
from images.storage import files
from tests.factories import MODEL, balance
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)

KEY = {"Idempotency-Key": "once"}


def generate(client: openai.OpenAI, **parameters: Any) -> Any:
    return client.images.with_raw_response.generate(**{"model": MODEL, "prompt": "a quiet lake", **parameters})


@pytest.mark.parametrize("n", [1, 3])
def test_a_replay_returns_the_same_images_and_charges_nothing(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread, n: int
) -> None:
    first, second = (generate(sdk, n=n, extra_headers=KEY) for _ in range(2))
    assert second.headers["X-Image-Ids"] == first.headers["X-Image-Ids"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert second.parse().data == first.parse().data
    assert (balance(alice), Image.objects.count()) == (100 - 5 * n, n)


@pytest.mark.parametrize("changed", [{"prompt": "another lake"}, {"quality": "low"}, {"n": 2}])
def test_a_key_of_another_request_is_a_conflict_and_not_repeated(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread, changed: dict[str, Any]
) -> None:
    generate(sdk, extra_headers=KEY)
    with pytest.raises(openai.ConflictError) as raised:
        generate(sdk, extra_headers=KEY, **changed)
    assert raised.value.code == "idempotency_conflict"
    assert raised.value.response.request.headers["x-stainless-retry-count"] == "0"
    assert balance(alice) == 95


@pytest.fixture
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "WAIT_SECONDS", 0.2)


@pytest.mark.usefixtures("_short_wait")
def test_an_unfinished_image_without_a_key_is_not_requested_again(sdk: openai.OpenAI, alice: User) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        generate(sdk)
    error = raised.value
    assert (error.status_code, error.code) == (504, "unfinished")
    assert error.response.headers["X-Should-Retry"] == "false"
    assert error.response.headers["X-Image-Ids"] == str(Image.objects.get().id)
    assert balance(alice) == 95


@pytest.mark.usefixtures("_short_wait")
def test_the_sdk_waits_for_an_unfinished_image_with_a_key_again(sdk: openai.OpenAI, alice: User) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        generate(sdk, extra_headers=KEY)
    assert raised.value.response.request.headers["x-stainless-retry-count"] == "2"
    assert (balance(alice), Image.objects.count()) == (95, 1)


def test_a_failed_image_is_not_requested_again_by_the_sdk(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    with pytest.raises(openai.InternalServerError) as raised:
        generate(sdk, prompt="[sandbox:fail]", extra_headers=KEY)
    assert raised.value.response.headers["X-Should-Retry"] == "false"
    assert Image.objects.count() == 1


def test_a_picture_that_cannot_be_read_is_not_made_again(sdk: openai.OpenAI, alice: User, worker: WorkerThread) -> None:
    generate(sdk, response_format="url", extra_headers=KEY)
    image = Image.objects.get()
    files.remove(image.id)
    with pytest.raises(openai.InternalServerError) as raised:
        generate(sdk.with_options(max_retries=0), extra_headers=KEY)
    assert (raised.value.code, str(image.id) in raised.value.message) == ("unavailable", True)
    assert balance(alice) == 95


def test_an_outage_of_the_database_after_the_charge_is_not_repeated(
    sdk: openai.OpenAI, alice: User, worker: WorkerThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError

    monkeypatch.setattr("api.openai_compatible.picture_response.body", fail)
    with pytest.raises(openai.InternalServerError) as raised:
        generate(sdk)
    assert raised.value.response.headers["X-Should-Retry"] == "false"
    assert (raised.value.code, balance(alice)) == ("unavailable", 95)
