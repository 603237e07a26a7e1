"""Requesting, cancelling and deleting images: which requests are rejected, in which order, and what is charged."""

from typing import Any

import pytest
from django.utils import timezone

from accounts import api_keys
from accounts.exceptions import AccountSuspended
from accounts.models import User
from billing import ledger
from billing.exceptions import InsufficientCredits, KeyCapExceeded
from billing.models import LedgerEntry
from images import generation
from images.exceptions import (
    IdempotencyConflict,
    ImageNotFound,
    ModelNotAllowed,
    ModelUnavailable,
    NotCancellable,
    NotReady,
    TooManyRunning,
    UnsupportedAspectRatio,
    UnsupportedThinkingLevel,
)
from images.failures import TimedOut
from images.models import CatalogueModel, Image
from images.schemas import GenerationArguments
from images.storage import files
from images.worker import attempts
from infrastructure.exceptions import InvalidArguments, ServiceError
from infrastructure.schemas import parse
from tests.factories import balance, caller_of, set_price

pytestmark = pytest.mark.django_db

PRO = "google:gemini-3-pro-image-preview"
FLASH = "google:gemini-3.1-flash-image-preview"


def request_image(user: User, *, key: Any = None, **fields: Any) -> generation.GenerationReceipt:
    arguments = parse(GenerationArguments, {"prompt": "a lake", "modelId": "openai:gpt-image-2", **fields})
    return generation.request(caller_of(user, key), arguments)


@pytest.mark.parametrize(
    ("fields", "price", "level"),
    [
        ({"modelId": "openai:gpt-image-1.5"}, 3, None),
        ({"modelId": "openai:gpt-image-2", "thinkingLevel": "default"}, 5, None),
        ({"modelId": "google:gemini-2.5-flash-image"}, 3, None),
        ({"modelId": FLASH}, 5, "default"),
        ({"modelId": FLASH, "thinkingLevel": "deep"}, 7, "deep"),
        ({"modelId": PRO, "thinkingLevel": "default"}, 12, "default"),
        ({"modelId": PRO, "thinkingLevel": "deep", "aspectRatio": "21:9"}, 18, "deep"),
    ],
)
def test_an_image_costs_the_price_in_the_catalogue(
    alice: User, fields: dict[str, str], price: int, level: str | None
) -> None:
    receipt = request_image(alice, **fields)
    assert (receipt.image.credit_cost, receipt.balance, receipt.image.thinking_level) == (price, 100 - price, level)
    entry = LedgerEntry.objects.get(reference_id=receipt.image.id)
    assert (entry.amount, entry.type) == (-price, "generation")
    assert "lake" not in entry.description


def test_a_new_price_does_not_change_earlier_images(alice: User) -> None:
    image = request_image(alice).image
    set_price(image.model_id, 50)
    generation.cancel(caller_of(alice), image.id)
    assert balance(alice) == 100


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n\t"}, "prompt"),
        ({"prompt": "x" * 8001}, "prompt"),
        ({"prompt": "a\0b"}, "prompt"),
        ({"prompt": "\ud800"}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"modelId": None}, "modelId"),
        ({"modelId": "openai:dall-e-9"}, "modelId"),
        ({"aspectRatio": "4:7"}, "aspectRatio"),
        ({"resolution": "8K"}, "resolution"),
        ({"resolution": 1024}, "resolution"),
        ({"quality": "best"}, "quality"),
        ({"background": "white"}, "background"),
        ({"outputFormat": "gif"}, "outputFormat"),
        ({"background": "transparent", "outputFormat": "jpeg"}, "outputFormat"),
        ({"maxCredits": 0}, "maxCredits"),
        ({"maxCredits": 2**31}, "maxCredits"),
        ({"style": "x" * 501}, "style"),
        ({"thinkingLevel": "deepest"}, "thinkingLevel"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
        ({"idempotencyKey": "two words"}, "idempotencyKey"),
        ({"idempotencyKey": "x" * 256}, "idempotencyKey"),
        ({"size": "1024x1024"}, "size"),
    ],
)
def test_bad_arguments_name_the_field_and_cost_nothing(alice: User, fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArguments) as rejected:
        request_image(alice, **fields)
    assert [error.field for error in rejected.value.fields] == [field]
    assert balance(alice) == 100


@pytest.mark.parametrize("prompt", ["x", "x" * 8000, "ünïcödé 🦊\n"])
def test_a_prompt_has_one_to_eight_thousand_characters(alice: User, prompt: str) -> None:
    assert request_image(alice, prompt=prompt).image.prompt == prompt


def test_an_unsupported_option_is_rejected(alice: User) -> None:
    with pytest.raises(UnsupportedAspectRatio):
        request_image(alice, aspectRatio="21:9")
    with pytest.raises(UnsupportedThinkingLevel):
        request_image(alice, thinkingLevel="deep")
    assert request_image(alice, modelId=PRO, aspectRatio="21:9").image.aspect_ratio == "21:9"


def test_a_model_that_is_switched_off_is_unavailable(alice: User) -> None:
    CatalogueModel.objects.update(enabled=False)
    with pytest.raises(ModelUnavailable):
        request_image(alice)


def test_a_model_without_a_provider_is_unavailable(alice: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS, settings.OPENAI_API_KEY = "off", ""
    with pytest.raises(ModelUnavailable):
        request_image(alice)


def test_a_key_uses_only_its_models(alice: User) -> None:
    key, _ = api_keys.create(alice, name="Narrow", allowed_models=[PRO])
    with pytest.raises(ModelNotAllowed, match=PRO):
        request_image(alice, key=key)
    assert request_image(alice, key=key, modelId=PRO).image.api_key_id == key.id


def test_unfinished_images_are_limited(alice: User, settings: Any) -> None:
    settings.MAX_RUNNING_PER_USER = 2
    first = request_image(alice).image
    request_image(alice)
    with pytest.raises(TooManyRunning):
        request_image(alice)
    generation.cancel(caller_of(alice), first.id)
    request_image(alice)


def request_with_faults(alice: User, settings: Any, faults: set[str]) -> None:
    """Make a request that has all these faults."""
    key, _ = api_keys.create(alice, name="Narrow", monthly_credit_cap=1, allowed_models=[FLASH])
    request_image(alice, idempotencyKey="used", prompt="another")
    if "running" in faults:
        settings.MAX_RUNNING_PER_USER = 1
    if "balance" in faults:
        ledger.charge(alice.id, credits=balance(alice), reference_id=key.id, description="Image")
    if "model" in faults:
        CatalogueModel.objects.update(enabled=False)
    if "account" in faults:
        User.objects.update(suspended_at=timezone.now())
    caller = caller_of(alice, key if {"allowed", "cap"} & faults else None)
    if "allowed" not in faults and caller.key:
        caller = caller_of(alice, api_keys.create(alice, name="Capped", monthly_credit_cap=1)[0])
    arguments = {"prompt": "", "modelId": "openai:gpt-image-2"} if "arguments" in faults else {"prompt": "a lake"}
    fields = {
        "modelId": "openai:gpt-image-2",
        **arguments,
        **({"idempotencyKey": "used"} if "replay" in faults else {}),
    }
    caller = caller if "account" not in faults else type(caller)(caller.user_id, caller.email, suspended=True)
    caller.require_active()
    generation.request(caller, parse(GenerationArguments, fields))


ORDER: list[tuple[str, type[ServiceError]]] = [
    ("account", AccountSuspended),
    ("arguments", InvalidArguments),
    ("replay", IdempotencyConflict),
    ("model", ModelUnavailable),
    ("allowed", ModelNotAllowed),
    ("running", TooManyRunning),
    ("cap", KeyCapExceeded),
    ("balance", InsufficientCredits),
]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_of_several_faults_the_first_in_order_is_reported(alice: User, settings: Any, first: int) -> None:
    faults = {name for name, _ in ORDER[first:]}
    with pytest.raises(ServiceError) as rejected:
        request_with_faults(alice, settings, faults)
    assert type(rejected.value) is ORDER[first][1]


def test_a_replay_is_free_after_any_change(alice: User, settings: Any) -> None:
    key, _ = api_keys.create(alice, name="Capped", monthly_credit_cap=5)
    first = request_image(alice, key=key, idempotencyKey="k")
    CatalogueModel.objects.update(enabled=False)
    settings.MAX_RUNNING_PER_USER = 1
    ledger.charge(alice.id, credits=95, reference_id=key.id, description="Image")
    again = request_image(alice, key=key, idempotencyKey="k", thinkingLevel="default", aspectRatio="1:1")
    assert (again.image.id, again.replayed, again.balance) == (first.image.id, True, 0)


@pytest.mark.parametrize(
    "change",
    [{"prompt": "a sea"}, {"modelId": PRO}, {"aspectRatio": "3:2"}, {"style": "ink"}, {"thinkingLevel": "deep"}],
)
def test_a_used_key_with_another_request_is_a_conflict(alice: User, change: dict[str, str]) -> None:
    request_image(alice, modelId=FLASH, idempotencyKey="k")
    with pytest.raises(IdempotencyConflict):
        request_image(alice, **{"modelId": FLASH, "idempotencyKey": "k", **change})
    assert balance(alice) == 95


def test_two_users_can_use_the_same_key(alice: User, bob: User) -> None:
    assert request_image(alice, idempotencyKey="k").image.id != request_image(bob, idempotencyKey="k").image.id


def test_a_failed_image_is_replayed_as_failed(alice: User) -> None:
    image = request_image(alice, idempotencyKey="k").image
    attempts.end_unleased(image.id, TimedOut())
    again = request_image(alice, idempotencyKey="k")
    assert (again.image.status, again.replayed, balance(alice)) == ("failed", True, 100)


def test_cancelling_a_queued_image_refunds_it_once(alice: User) -> None:
    image = request_image(alice).image
    assert generation.cancel(caller_of(alice), image.id).status == "cancelled"
    with pytest.raises(NotCancellable):
        generation.cancel(caller_of(alice), image.id)
    assert balance(alice) == 100


def test_a_running_image_is_not_cancelled(alice: User) -> None:
    image = request_image(alice).image
    attempts.claim(image.id)
    with pytest.raises(NotCancellable):
        generation.cancel(caller_of(alice), image.id)
    assert balance(alice) == 95


def test_another_users_image_is_not_found(alice: User, bob: User) -> None:
    image = request_image(alice).image
    for function in (generation.find, generation.cancel, generation.delete):
        with pytest.raises(ImageNotFound):
            function(caller_of(bob), image.id)


def test_deleting_erases_prompt_and_files_and_keeps_the_ledger(alice: User) -> None:
    image = request_image(alice, idempotencyKey="k", style="ink").image
    attempts.end_unleased(image.id, TimedOut())
    files.write(files.picture_name(image.id, 1, "image/png"), b"left over")
    generation.delete(caller_of(alice), image.id)
    row = Image.objects.get(pk=image.pk)
    assert (row.prompt, row.style, row.idempotency_key, row.swept_at is None) == ("", "", None, False)
    assert files.leftover_pictures(image.id) == []
    assert LedgerEntry.objects.filter(reference_id=image.id).count() == 2
    with pytest.raises(ImageNotFound):
        generation.find(caller_of(alice), image.id)


def test_an_unfinished_image_is_not_deleted(alice: User) -> None:
    image = request_image(alice).image
    with pytest.raises(NotReady):
        generation.delete(caller_of(alice), image.id)
