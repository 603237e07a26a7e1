"""The audit finds each kind of breach, and no breach in a correct ledger."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from accounts import api_keys
from accounts.models import User
from billing import ledger
from images import audit, generation
from images.failures import TimedOut
from images.models import Image
from images.schemas import GenerationArguments
from images.worker import attempts
from tests.factories import caller_of, finished_image

pytestmark = pytest.mark.django_db


def request_image(user: User) -> Image:
    key, _ = api_keys.create(user, name="Laptop")
    arguments = GenerationArguments.model_validate({"prompt": "a lake", "modelId": "openai:gpt-image-2"})
    return generation.request(caller_of(user, key), arguments).image


def broken_rules() -> set[str]:
    return {breach.rule for breach in audit.breaches()}


def forge(statement: str, *parameters: Any) -> None:
    """Change rows without triggers and constraints, as a database superuser could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        cursor.execute("SET LOCAL session_replication_role = origin")


@pytest.mark.usefixtures("bob")
def test_a_correct_ledger_has_no_breach(alice: User) -> None:
    request_image(alice)
    attempts.end_unleased(request_image(alice).id, TimedOut())
    generation.cancel(caller_of(alice), request_image(alice).id)
    assert broken_rules() == set()
    call_command("audit_ledger")


FORGERIES: dict[str, Callable[[Image], tuple[str, Any]]] = {
    "each balance equals the sum of its entries": lambda image: (
        "UPDATE billing_creditaccount SET balance = balance + 1 WHERE user_id = %s",
        image.user_id,
    ),
    "each account's entry count equals its number of entries": lambda image: (
        "UPDATE billing_creditaccount SET entry_count = 9 WHERE user_id = %s",
        image.user_id,
    ),
    "each entry continues from the previous entry": lambda image: (
        "UPDATE billing_ledgerentry SET balance_after = 7 WHERE reference_id = %s",
        image.id,
    ),
    "each key's monthly spending equals its charges minus their refunds": lambda image: (
        "UPDATE billing_keyspending SET spent = 1 WHERE api_key_id = %s",
        image.api_key_id,
    ),
    "every image was charged once, at its price, to its owner": lambda image: (
        "UPDATE images_image SET credit_cost = 1 WHERE id = %s",
        image.id,
    ),
    "every charge belongs to an image": lambda image: ("DELETE FROM images_image WHERE id = %s", image.id),
    "every failed image was refunded": lambda image: (
        "UPDATE images_image SET status = 'failed', finished_at = now() WHERE id = %s",
        image.id,
    ),
    "stored image counts match the images": lambda image: (
        "UPDATE images_imagecount SET images = 5 WHERE user_id = %s",
        image.user_id,
    ),
    "stored daily spending matches the images without a refund": lambda image: (
        "UPDATE images_spendsummary SET credits = credits + 1 WHERE user_id = %s",
        image.user_id,
    ),
}


@pytest.mark.parametrize("rule", FORGERIES)
def test_a_forged_row_is_found(alice: User, rule: str) -> None:
    forge(*FORGERIES[rule](request_image(alice)))
    assert rule in broken_rules()
    with pytest.raises(SystemExit):
        call_command("audit_ledger")


def test_a_refund_without_a_failure_is_found(alice: User) -> None:
    ledger.refund(request_image(alice).id, reason="kindness")
    assert broken_rules() == {"other images are refunded only by staff"}


@pytest.mark.parametrize(("reason", "is_breach"), [(ledger.STAFF_REASON, False), ("provider_error", True)])
def test_only_staff_may_refund_a_succeeded_image(alice: User, reason: str, is_breach: bool) -> None:
    ledger.refund(finished_image(alice).id, reason=reason)
    assert broken_rules() == ({"other images are refunded only by staff"} if is_breach else set())


def test_a_refund_of_another_amount_is_found(alice: User) -> None:
    image = request_image(alice)
    attempts.end_unleased(image.id, TimedOut())
    forge("UPDATE billing_ledgerentry SET amount = 1 WHERE reference_id = %s AND type = 'refund'", image.id)
    assert "each refund returns one charge in full to the same account and key" in broken_rules()
