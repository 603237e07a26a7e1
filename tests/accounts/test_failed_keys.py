"""Keys that open nothing are counted by address; a good one from there is never refused for it."""

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
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failed_keys, "FAILURES_PER_MINUTE", 2)


def ask(server: Server, secret: str, path: str = "/api/v1/account") -> httpx2.Response:
    method = "GET" if path.startswith("/api/v1") else "POST"
    return httpx2.request(method, server.url + path, headers={"Authorization": f"Bearer {secret}"})


def test_unknown_keys_are_throttled_and_a_good_one_is_not(server: Server, alices_key: str) -> None:
    unknown = api_keys.new_secret()
    answers = [ask(server, unknown) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert int(answers[-1].headers["Retry-After"]) in range(1, 61)
    assert ask(server, alices_key).status_code == 200
    mcp = ask(server, unknown, "/api/mcp")
    assert (mcp.status_code, mcp.json()["error"]["code"]) == (401, "rate_limited")


def test_a_mistyped_key_is_turned_away_without_being_counted(server: Server, alice: User) -> None:
    assert [ask(server, "sk_mistyped").status_code for _ in range(4)] == [401] * 4
    assert not FailedKeyWindow.objects.exists()


@pytest.mark.parametrize(
    ("addresses", "counted"),
    [
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"], {"2001:db8::": 2, "2001:db8:0:1::": 1}),
        (["::ffff:192.0.2.7", "192.0.2.7", "192.0.2.8"], {"192.0.2.7": 2, "192.0.2.8": 1}),
    ],
)
def test_addresses_of_one_customer_are_counted_together(addresses: list[str], counted: dict[str, int]) -> None:
    for address in addresses:
        run(failed_keys.record(address))
    assert dict(FailedKeyWindow.objects.values_list("address", "failures")) == counted


def test_minutes_that_are_over_are_forgotten_with_the_next_round_of_a_worker() -> None:
    now = timezone.now()
    for address, age in (("192.0.2.7", 61), ("192.0.2.8", 30)):
        FailedKeyWindow.objects.create(address=address, started_at=now - timedelta(seconds=age), failures=9)
    reconciliation.reconcile()
    assert FailedKeyWindow.objects.get().address == "192.0.2.8"


def test_a_used_up_limit_is_no_failed_key(server: Server, alices_key: str, settings: object) -> None:
    settings.RATE_LIMIT_PER_MINUTE = 1  # type: ignore[attr-defined]
    assert [ask(server, alices_key).status_code for _ in range(4)] == [200, 429, 429, 429]
    assert not FailedKeyWindow.objects.exists()
