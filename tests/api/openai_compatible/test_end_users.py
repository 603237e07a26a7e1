"""A program names its users, and the provider can tell them apart without their names."""

from typing import Any

import openai
import pytest

from accounts.models import User
from images import staff_actions
from images.failures import ProviderFailed
from images.models import Image
from images.providers import safety_identifier
from images.worker import attempts
from tests.factories import MODEL
from tests.images.providers.stand_in import ProviderStandIn
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db(transaction=True)


def generate(client: openai.OpenAI, **extra: Any) -> None:
    # The SDK does not name every one of these parameters.
    client.images.generate(model=MODEL, prompt="a quiet lake", response_format="url", extra_body=extra)


def test_each_user_of_a_program_has_an_identifier_of_their_own(
    sdk: openai.OpenAI, alice: User, provider: ProviderStandIn, worker: WorkerThread
) -> None:
    named: list[dict[str, str]] = [
        {},
        {"user": "customer 7"},
        {"user": "customer 8"},
        {"safety_identifier": "customer 7"},
        {"user": "customer 8", "safety_identifier": "customer 7"},
    ]
    for parameters in named:
        generate(sdk, **parameters)
    sent = [request.body["safety_identifier"] for request in provider.requests]
    assert sent[0] == safety_identifier.of_user(alice.id)
    assert sent[1] == sent[3] == sent[4]
    assert len(set(sent)) == 3
    assert {len(identifier) for identifier in sent} == {64}
    assert "customer" not in str([request.body for request in provider.requests])
    assert not Image.objects.filter(end_user_hash__contains="customer").exists()


def test_the_same_name_of_another_account_is_another_person(alice: User, bob: User) -> None:
    assert safety_identifier.of_end_user(alice.id, "7") != safety_identifier.of_end_user(bob.id, "7")


def test_half_a_character_can_be_hashed(alice: User) -> None:
    assert len(safety_identifier.of_end_user(alice.id, "\ud83d")) == 64


def test_a_name_is_limited(sdk: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        generate(sdk, user="a" * 513)
    assert raised.value.param == "user"


def test_a_retry_by_staff_is_for_the_same_person(sdk: openai.OpenAI, worker: WorkerThread) -> None:
    with pytest.raises(openai.InternalServerError):
        sdk.images.generate(model=MODEL, prompt="[sandbox:fail]", user="customer 7")
    image = Image.objects.get()
    again = staff_actions.retry_image(image.id).image
    assert again.end_user_hash == image.end_user_hash != ""
    attempts.end(again.id, ProviderFailed("It broke."))
