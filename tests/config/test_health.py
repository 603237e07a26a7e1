"""The endpoints /healthz, /readyz and /metrics."""

import uuid
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.db import connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from billing import ledger
from billing.models import CreditAccount
from config import health
from images import generation
from images.listener import listener
from images.models import WorkerHeartbeat
from images.storage import probe
from images.worker import heartbeat
from tests.concurrency import eventually, run
from tests.database import run_sql
from tests.factories import caller_of, queued_image
from tests.faults.storages import Hangs, make_unavailable
from tests.mcp_gateway.agent import Agent
from tests.web_server import Server

pytestmark = pytest.mark.django_db(transaction=True)


DELETE_LATEST_MIGRATION = """
DELETE FROM django_migrations WHERE name = (SELECT max(name) FROM django_migrations WHERE app = 'images')
    AND app = 'images' RETURNING app, name, applied
"""


def record_heartbeat(*, seconds_ago: int) -> None:
    beat_at = timezone.now() - timedelta(seconds=seconds_ago)
    WorkerHeartbeat.objects.update_or_create(id=1, defaults={"beat_at": beat_at, "steady_since": beat_at})


def readiness(server: Server) -> tuple[int, dict[str, Any]]:
    response = httpx2.get(f"{server.url}/readyz")
    return response.status_code, response.json()


def test_a_process_is_alive_for_any_host_name(server: Server) -> None:
    response = httpx2.get(f"{server.url}/healthz", headers={"Host": "10.0.0.7"})
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


def test_a_process_is_ready_if_all_checks_pass(server: Server) -> None:
    record_heartbeat(seconds_ago=1)
    checks = dict.fromkeys(("database", "migrations", "storage", "worker"), "ok")
    assert readiness(server) == (200, {"status": "ready", "checks": checks})


@pytest.mark.parametrize(("seconds_ago", "result"), [(75, "last heartbeat 7"), (None, "no heartbeat received")])
def test_a_missing_worker_is_reported_but_the_process_stays_ready(
    server: Server, seconds_ago: int | None, result: str
) -> None:
    WorkerHeartbeat.objects.all().delete()
    if seconds_ago:
        record_heartbeat(seconds_ago=seconds_ago)
    status, body = readiness(server)
    assert (status, body["status"]) == (200, "ready")
    assert body["checks"]["worker"].startswith(result)


def test_a_process_is_not_ready_if_storage_fails(server: Server, settings: Any) -> None:
    Path(settings.MEDIA_ROOT).mkdir(parents=True)
    make_unavailable(settings)
    status, answer = readiness(server)
    assert (status, answer["status"]) == (503, "not ready")
    assert answer["checks"]["storage"] == "OSError"


def test_a_process_is_not_ready_if_the_disk_is_full(server: Server, settings: Any) -> None:
    pictures = {"BACKEND": "tests.faults.storages.Full", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    settings.STORAGES = {**settings.STORAGES, "pictures": pictures}
    status, body = readiness(server)
    assert (status, body["status"]) == (503, "not ready")
    assert body["checks"]["storage"] == "write failed: No space left on device"
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_process_is_not_ready_if_the_disk_has_no_room_for_pictures(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "FREE_MIN_BYTES", 2**62)
    status, body = readiness(server)
    assert (status, body["status"]) == (503, "not ready")
    assert body["checks"]["storage"] == "write failed: No space left on device"


async def test_hanging_storage_is_called_once_for_many_probes(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_TIMEOUT_SECONDS", 0.1)
    Hangs.may_continue.clear()
    Hangs.requested_names.clear()
    settings.STORAGES = {**settings.STORAGES, "pictures": {"BACKEND": "tests.faults.storages.Hangs"}}
    answers = [await health.readiness() for _ in range(3)]
    Hangs.may_continue.set()
    assert {(status, answer["checks"]["storage"]) for status, answer in answers} == {(503, "no response within 0.1 s")}
    assert len(Hangs.requested_names) == 1


def test_a_stopping_process_is_not_ready(server: Server) -> None:
    async def set_closing(value: bool) -> None:
        listener().closing = value

    server.run(set_closing(True))
    try:
        status, body = readiness(server)
    finally:
        server.run(set_closing(False))
    assert (status, body["status"]) == (503, "stopping")


def test_a_process_is_not_ready_if_migrations_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrations_applied", False)
    with connection.cursor() as cursor:
        cursor.execute(DELETE_LATEST_MIGRATION)
        latest = cursor.fetchone()
        try:
            status, body = run(health.readiness())
        finally:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", latest)
    assert (status, body["checks"]["migrations"]) == (503, "1 migrations are missing: run manage.py migrate")


def test_metrics_contain_counters_and_database_gauges(server: Server, alice: User, alices_key: str) -> None:
    run(heartbeat.record())
    before = samples(server)
    Agent(server.url, alices_key).call("getimages_get_account")
    Agent(server.url, "sk_wrong").send({})
    after = samples(server)
    calls = ("getimages_tool_calls_total", ("getimages_get_account", "ok"))
    refusals = ("getimages_refused_keys_total", ("invalid_key",))
    assert [after[sample] - before.get(sample, 0) for sample in (calls, refusals)] == [1, 1]
    assert after["getimages_credits_outstanding", ()] == 100
    assert after["getimages_worker_seen_seconds", ()] < 60


def test_a_cancelled_image_counts_with_its_charge_and_refund(server: Server, alice: User, settings: Any) -> None:
    settings.SANDBOX_PROVIDERS = "on"
    before = samples(server)
    generation.cancel(caller_of(alice), queued_image(alice).pk)
    after = samples(server)
    entries = [("getimages_ledger_entries_total", (entry_type,)) for entry_type in ("generation", "refund")]
    ended = ("getimages_images_ended_total", ("cancelled", "openai"))
    assert [after[sample] - before.get(sample, 0) for sample in (*entries, ended)] == [1, 1, 1]


def test_a_chargeback_of_an_empty_account_is_not_counted(server: Server, alice: User) -> None:
    account = CreditAccount.objects.get(user=alice)
    before = samples(server)
    for credits in (100, 5):
        ledger.claw_back(account.pk, credits=credits, purchase_id=uuid.uuid4())
    chargebacks = ("getimages_ledger_entries_total", ("chargeback",))
    assert samples(server)[chargebacks] - before.get(chargebacks, 0) == 1


def test_a_page_counts_under_its_name_and_not_its_url(server: Server, alice: User) -> None:
    before = samples(server)
    httpx2.get(f"{server.url}/pricing", params={"q": "anything"})
    httpx2.get(f"{server.url}/nothing/of/the/kind")
    pages = [
        ("getimages_http_requests_total", labels)
        for labels in (("200", "GET", "pricing", "site"), ("", "404", "GET", "site"))
    ]

    def increments() -> list[float]:
        after = samples(server)
        return [after.get(page, 0) - before.get(page, 0) for page in pages]

    # The client can receive the response before the server has counted the request.
    eventually(lambda: all(increments()))
    assert increments() == [1, 1]


def test_counters_are_available_if_the_database_fails(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    run_sql("ALTER TABLE billing_creditaccount RENAME TO renamed")
    try:
        names = {name for name, _ in samples(server)}
    finally:
        run_sql("ALTER TABLE renamed RENAME TO billing_creditaccount")
    assert "getimages_http_requests_total" in names
    assert "getimages_credits_outstanding" not in names
    assert "cannot read metrics from the database: ProgrammingError" in caplog.text
    assert "SELECT" not in caplog.text


def test_metrics_are_available_to_allowed_addresses_only(server: Server, settings: Any) -> None:
    settings.METRICS_ALLOWED = [ip_network("10.0.0.0/8")]
    assert httpx2.get(f"{server.url}/metrics").status_code == 404
    settings.TRUSTED_PROXIES = 1
    assert httpx2.get(f"{server.url}/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 200


async def test_separate_forwarded_for_headers_do_not_let_a_client_pass_as_localhost(settings: Any) -> None:
    settings.TRUSTED_PROXIES = 2
    hops = [("X-Forwarded-For", hop) for hop in ("127.0.0.1", "192.0.2.7", "192.0.2.8")]
    # Call the application directly, because a server may merge these headers.
    transport = httpx2.ASGITransport(health.application, client=("127.0.0.1", 1))  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport) as client:
        assert (await client.get("http://web/metrics", headers=hops)).status_code == 404


@pytest.mark.parametrize("forwarded", ["192.0.2.7", "unknown, 192.0.2.8"])
async def test_a_proxys_own_address_does_not_open_metrics_to_its_clients(settings: Any, forwarded: str) -> None:
    settings.TRUSTED_PROXIES = 2
    transport = httpx2.ASGITransport(health.application, client=("127.0.0.1", 1))  # type: ignore[arg-type]
    async with httpx2.AsyncClient(transport=transport) as client:
        headers = {"X-Forwarded-For": forwarded}
        assert (await client.get("http://web/metrics", headers=headers)).status_code == 404


def samples(server: Server) -> dict[tuple[str, tuple[str, ...]], float]:
    families = text_string_to_metric_families(httpx2.get(f"{server.url}/metrics").text)
    return {
        (sample.name, tuple(sorted(sample.labels.values()))): sample.value
        for family in families
        for sample in family.samples
    }
