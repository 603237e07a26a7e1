"""Emails about caps: one for each key, month and cap, when 80% of it is spent."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, User
from billing import ledger, tasks, usage
from billing.alerts import key_caps
from billing.models import KeySpending
from tests.concurrency import at_once, eventually, run
from tests.worker_thread import WorkerThread

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(alice: User) -> ApiKey:
    return api_keys.create(alice, name="CI", monthly_credit_cap=50)[0]


def spend(key: ApiKey, credits: int) -> uuid.UUID:
    """Charge the key's owner for an image, and return its id."""
    image_id = uuid.uuid4()
    ledger.charge(
        key.user_id,
        credits=credits,
        reference_id=image_id,
        description="Image",
        api_key_id=key.pk,
        monthly_cap=key.monthly_credit_cap,
    )
    return image_id


def change(key: ApiKey, **fields: Any) -> None:
    ApiKey.objects.filter(pk=key.pk).update(**fields)
    key.refresh_from_db()


def send_due(key: ApiKey) -> list[str]:
    """Send the emails that are due, and return the subjects of all."""
    for _ in range(key_caps.enqueue_due()):
        key_caps.send(str(key.pk), usage.this_month().isoformat())
    return [str(sent.subject) for sent in mail.outbox]


def test_one_email_is_sent_at_eighty_percent(key: ApiKey) -> None:
    spend(key, 39)
    assert send_due(key) == []
    spend(key, 1)
    assert send_due(key) == ["CI has spent 80% of its monthly cap"]
    spend(key, 10)
    assert len(send_due(key)) == 1
    (sent,) = mail.outbox
    assert sent.to == ["alice@example.com"]
    assert "The API key CI has spent 40 of its cap of 50 credits this month." in sent.body
    assert f"/dashboard/keys/{key.pk}/" in sent.body


def test_a_higher_cap_allows_another_email_and_a_lower_one_does_not(key: ApiKey) -> None:
    spend(key, 40)
    send_due(key)
    change(key, monthly_credit_cap=45)
    assert len(send_due(key)) == 1
    change(key, monthly_credit_cap=100)
    assert len(send_due(key)) == 1
    spend(key, 40)
    assert len(send_due(key)) == 2


def test_a_new_month_allows_another_email(key: ApiKey) -> None:
    spend(key, 40)
    send_due(key)
    last_month = (usage.this_month() - timedelta(days=1)).replace(day=1)
    KeySpending.objects.filter(api_key_id=key.pk).update(month=last_month)
    assert len(send_due(key)) == 1
    spend(key, 40)
    assert len(send_due(key)) == 2


def test_keys_that_have_ended_or_have_no_cap_get_no_email(key: ApiKey) -> None:
    spend(key, 40)
    for fields in ({"revoked_at": timezone.now()}, {"expires_at": timezone.now()}, {"monthly_credit_cap": None}):
        change(key, **{"revoked_at": None, "expires_at": None, **fields})
        assert send_due(key) == []


def test_a_refund_before_sending_postpones_the_email(key: ApiKey) -> None:
    image_id = spend(key, 40)
    assert key_caps.enqueue_due() == 1
    ledger.refund(image_id, reason="provider_error")
    key_caps.send(str(key.pk), usage.this_month().isoformat())
    assert not mail.outbox
    spend(key, 40)
    assert len(send_due(key)) == 1


def test_a_revoked_key_gets_no_email_that_was_due(key: ApiKey) -> None:
    spend(key, 40)
    assert key_caps.enqueue_due() == 1
    api_keys.revoke(key)
    key_caps.send(str(key.pk), usage.this_month().isoformat())
    assert not mail.outbox


def test_the_largest_cap_does_not_overflow(key: ApiKey) -> None:
    change(key, monthly_credit_cap=api_keys.CAP_MAX_CREDITS)
    spend(key, 40)
    assert send_due(key) == []


@pytest.mark.django_db(transaction=True)
def test_a_key_with_a_charge_under_way_waits_for_the_next_minute(key: ApiKey) -> None:
    spend(key, 40)
    with transaction.atomic():
        spend(key, 1)
        assert at_once(key_caps.enqueue_due) == ["nothing"]
    assert key_caps.enqueue_due() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_the_email(key: ApiKey, worker: WorkerThread) -> None:
    spend(key, 45)
    run(tasks.notice_caps(timestamp=0))
    eventually(lambda: mail.outbox)
    assert len(mail.outbox) == 1
