"""A try reaches public addresses only, with a valid certificate, and within its time."""

import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from images.models import WebhookDelivery
from images.webhooks import endpoints, tries
from images.webhooks.schemas import WebhookArguments
from infrastructure.outbound import client
from tests.factories import caller_of, create_webhook
from tests.images.webhooks.receiver import Receiver
from tests.images.webhooks.steps import send_next
from tests.infrastructure.outbound.certificates import Authority
from tests.infrastructure.outbound.stand_ins import Host, NameServer, SilentListener, response

pytestmark = pytest.mark.django_db


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> NameServer:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    return server


def test_nothing_is_sent_to_a_name_that_became_private(
    alice: User, names: NameServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    names.set("hooks.example", ["93.184.215.14"])
    arguments = WebhookArguments.model_validate({"url": "https://hooks.example/"})
    endpoint = endpoints.create(caller_of(alice), arguments).endpoint
    endpoints.send_test(caller_of(alice), endpoint.pk)
    names.set("hooks.example", ["10.0.0.7"])
    connections: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *arguments: connections.append(arguments))
    result = send_next(endpoint)
    assert result.error == "hooks.example is not a public https address. Use a URL on the public internet."
    assert connections == []
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.failures, delivery.response_status) == ("pending", 1, None)


def test_a_receiver_that_hangs_is_a_failure(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "TIMEOUT_SECONDS", 0.2)
    with SilentListener() as listener:
        endpoint = create_webhook(alice, f"http://127.0.0.1:{listener.port}/").endpoint
        endpoints.send_test(caller_of(alice), endpoint.pk)
        result = send_next(endpoint)
    assert result.error == "127.0.0.1 did not respond within 0.2 s. Try again later."
    assert WebhookDelivery.objects.get().tries[0]["status"] is None


def test_a_certificate_for_another_name_is_a_failure(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority()
    trusted: ssl.SSLContext = authority.trusted()
    monkeypatch.setattr(client, "_certificates", lambda: trusted)
    with Host(response(), tls=authority.server(tmp_path, "other.example")) as host:
        endpoint = create_webhook(alice, f"{host.url}/").endpoint
        endpoints.send_test(caller_of(alice), endpoint.pk)
        result = send_next(endpoint)
    assert "has no valid certificate for this name" in result.error
    assert host.bodies == []


def test_a_closed_port_is_a_failure(alice: User, receiver: Receiver) -> None:
    endpoint = create_webhook(alice, "http://127.0.0.1:1/").endpoint
    endpoints.send_test(caller_of(alice), endpoint.pk)
    assert send_next(endpoint).error == "127.0.0.1 could not be reached. Check the URL, or try again later."
