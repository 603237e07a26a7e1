"""Secrets and signatures: encrypted, rotated, and verified by the library of Standard Webhooks."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from standardwebhooks import Webhook, WebhookVerificationError

from accounts.models import User
from images.models import WebhookDelivery, WebhookEndpoint
from images.webhooks import endpoints, removal, secrets
from tests.factories import caller_of, create_webhook
from tests.images.webhooks.receiver import Received, Receiver
from tests.images.webhooks.steps import send_next

pytestmark = pytest.mark.django_db


def receive(alice: User, endpoint: WebhookEndpoint, receiver: Receiver) -> Received:
    endpoints.send_test(caller_of(alice), endpoint.pk)
    send_next(endpoint)
    return receiver.requests[-1]


def accepts(secret: str, request: Received) -> bool:
    try:
        return bool(Webhook(secret).verify(request.body, dict(request.headers)) == json.loads(request.body))
    except WebhookVerificationError:
        return False


def test_a_secret_is_whsec_and_32_bytes_and_stored_encrypted(alice: User) -> None:
    endpoint, secret = create_webhook(alice)
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret not in endpoint.secret
    assert secrets.decrypt(endpoint.secret) == secret


def test_the_library_verifies_a_delivery_and_refuses_a_changed_one(alice: User, receiver: Receiver) -> None:
    endpoint, secret = create_webhook(alice, receiver.hook_url)
    request = receive(alice, endpoint, receiver)
    assert accepts(secret, request)
    assert not accepts(secret, request._replace(body=request.body + b" "))
    assert not accepts(secrets.create(), request)


def test_both_secrets_sign_for_24_hours_after_a_rotation(alice: User, receiver: Receiver) -> None:
    endpoint, old = create_webhook(alice, receiver.hook_url)
    new = endpoints.rotate(caller_of(alice), endpoint.pk).secret
    request = receive(alice, endpoint, receiver)
    assert (accepts(old, request), accepts(new, request)) == (True, True)
    WebhookEndpoint.objects.update(previous_secret_expires_at=Now() - timedelta(seconds=1))
    request = receive(alice, endpoint, receiver)
    assert (accepts(old, request), accepts(new, request)) == (False, True)
    removal.remove_expired()
    endpoint.refresh_from_db()
    assert (endpoint.previous_secret, endpoint.previous_secret_expires_at) == ("", None)


def test_secrets_of_an_old_secret_key_are_readable_through_the_fallbacks(
    alice: User, receiver: Receiver, settings: Any
) -> None:
    endpoint, secret = create_webhook(alice, receiver.hook_url)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new key", [settings.SECRET_KEY]
    assert accepts(secret, receive(alice, endpoint, receiver))
    assert (endpoints.reencrypt_secrets(), endpoints.reencrypt_secrets()) == (1, 0)
    settings.SECRET_KEY_FALLBACKS = []
    assert accepts(secret, receive(alice, endpoint, receiver))


def test_a_secret_whose_key_is_gone_needs_a_rotation(alice: User, receiver: Receiver, settings: Any) -> None:
    endpoint, _ = create_webhook(alice, receiver.hook_url)
    settings.SECRET_KEY = "a new key"
    assert endpoints.reencrypt_secrets() == 0
    endpoints.send_test(caller_of(alice), endpoint.pk)
    assert send_next(endpoint).error == "This webhook's secret can no longer be read. Rotate it."
    assert receiver.requests == []
    assert WebhookDelivery.objects.filter(status="pending").count() == 1
