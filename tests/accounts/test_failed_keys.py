"""Failed keys are limited by client address; valid keys from the same address are not."""

from datetime import timedelta

import httpx2
import pytest
from django.utils import timezone

from accounts import api_keys, failed_keys
from accounts.models import FailedKeyWindow, User
from images.worker import reconciliation
from tests.concurrency import run
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_keys, "FAILURES_PER_MINUTE", 2)


def request(server: Server, secret: str, path: str = "/api/v1/account") -> httpx2.Response:
    method = "GET" if path.startswith("/api/v1") else "POST"
    return httpx2.request(method, server.url + path, headers={"Authorization": f"Bearer {secret}"})


def test_unknown_keys_are_limited_and_a_valid_key_is_not(server: Server, alices_key: str) -> None:
    unknown = api_keys.new_secret()
    responses = [request(server, unknown) for _ in range(4)]
    assert [response.status_code for response in responses] == [401, 401, 429, 429]
    assert int(responses[-1].headers["Retry-After"]) in range(1, 61)
    assert request(server, alices_key).status_code == 200
    mcp_response = request(server, unknown, "/api/mcp")
    assert (mcp_response.status_code, mcp_response.json()["error"]["code"]) == (401, "rate_limited")


def test_a_mistyped_key_is_not_counted(server: Server, alice: User) -> None:
    assert [request(server, "sk_mistyped").status_code for _ in range(4)] == [401] * 4
    assert not FailedKeyWindow.objects.exists()


@pytest.mark.parametrize(
    ("addresses", "failures"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"], {"2001:db8::": 2, "2001:db8:0:1::": 1}),
        (["::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"], {"192.0.2.7": 2, "192.0.2.8": 1}),
    ],
)
def test_addresses_of_one_network_are_counted_together(addresses: list[str], failures: dict[str, int]) -> None:
    for address in addresses:
        run(failed_keys.record(address))
    assert dict(FailedKeyWindow.objects.values_list("address", "failures")) == failures


def test_a_worker_deletes_the_counters_of_past_minutes() -> None:
    now = timezone.now()
    for address, age in (("192.0.2.7", 61), ("192.0.2.8", 30)):
        FailedKeyWindow.objects.create(address=address, started_at=now - timedelta(seconds=age), failures=9)
    reconciliation.reconcile()
    assert FailedKeyWindow.objects.get().address == "192.0.2.8"


def test_an_exceeded_rate_limit_is_not_a_failed_key(server: Server, alices_key: str, settings: object) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1  # type: ignore[attr-defined]
    assert [request(server, alices_key).status_code for _ in range(4)] == [200, 429, 429, 429]
    assert not FailedKeyWindow.objects.exists()
